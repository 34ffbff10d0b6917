// urql as it comes: queries by GET, mutations by POST; its errors.
import assert from 'node:assert/strict';
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';

const { CLICKLEDGER_URL: url, CLICKLEDGER_KEY: key, CLICKLEDGER_SALES: sales } = process.env;
const methods = [];
const recorded = (address, init) => {
  methods.push(init.method);
  return fetch(address, init);
};
const client = new Client({
  url: `${url}/graphql`,
  exchanges: [cacheExchange, fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${key}` } },
  fetch: recorded,
});

const page = await client.query(gql`query Page($first: Int!) { sales(first: $first) { totalCount nodes { id } } }`, { first: 2 });
assert.equal(page.error, undefined);
assert.deepEqual([page.data.sales.totalCount, page.data.sales.nodes.length], [Number(sales), 2]);
assert.deepEqual(methods, ['GET']);

const made = await client.mutation(
  gql`mutation Make($input: LinkCreateInput!) { linkCreate(input: $input) { link { id } userErrors { code } } }`,
  { input: { url: 'https://shop.example.com', key: 'urql' } },
);
assert.deepEqual(made.data.linkCreate.userErrors, []);
assert.deepEqual(methods, ['GET', 'POST']);

const wrong = await client.query(gql`query Wrong { sales { totalCount } }`, {});
assert.equal(wrong.error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT');
console.log('ok');
