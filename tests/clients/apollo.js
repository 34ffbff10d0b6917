// Apollo Client 4: a query, a mutation, a user's mistake, and automatic persisted queries by POST and by GET.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const { CLICKLEDGER_URL: url, CLICKLEDGER_KEY: key, CLICKLEDGER_SALES: sales } = process.env;
const sent = [];
const headers = { authorization: `Bearer ${key}` };
const recorded = (address, init) => {
  sent.push({ method: init.method, text: decodeURIComponent(String(address)) + (init.body ?? '') });
  return fetch(address, init);
};
const http = new HttpLink({ uri: `${url}/graphql`, headers, fetch: recorded });
const persisted = (useGETForHashedQueries) =>
  new PersistedQueryLink({ useGETForHashedQueries, sha256: (text) => createHash('sha256').update(text).digest('hex') });
const client = (link) => new ApolloClient({ link, cache: new InMemoryCache() });

const PAGE = gql`
  query Page($after: String) {
    sales(first: 3, after: $after) {
      nodes { id paidAt net { original { amount currency } } customer { id email } }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
`;

const plain = client(http);
const { data: page } = await plain.query({ query: PAGE });
assert.equal(page.sales.totalCount, Number(sales));
const { data: next } = await plain.query({ query: PAGE, variables: { after: page.sales.pageInfo.endCursor } });
assert.equal(next.sales.nodes.length, 3);
assert.notEqual(next.sales.nodes[0].id, page.sales.nodes[0].id);

const MAKE = gql`
  mutation Make($input: LinkCreateInput!) {
    linkCreate(input: $input) { link { id key } userErrors { field message code } }
  }
`;
const { data: made } = await plain.mutate({ mutation: MAKE, variables: { input: { url: 'https://shop.example.com', key: 'apollo' } } });
assert.deepEqual(made.linkCreate.userErrors, []);
const { data: again } = await plain.mutate({ mutation: MAKE, variables: { input: { url: 'https://shop.example.com', key: 'apollo' } } });
assert.equal(again.linkCreate.link, null);
assert.equal(again.linkCreate.userErrors.length, 1);

await assert.rejects(plain.query({ query: gql`{ sales { totalCount } }` }), (error) => {
  assert.ok(CombinedGraphQLErrors.is(error));
  assert.equal(error.errors[0].extensions.code, 'BAD_USER_INPUT');
  return true;
});

for (const get of [false, true]) {
  const query = gql`query Persisted${get ? 'Get' : 'Post'} { workspace { id slug } }`;
  sent.length = 0;
  const { data: first } = await client(ApolloLink.from([persisted(get), http])).query({ query });
  assert.equal(first.workspace.slug, 'default');
  assert.equal(sent.length, 2, 'the hash, which is not known; then the document with it');
  assert.ok(!sent[0].text.includes('slug') && sent[1].text.includes('slug'));
  sent.length = 0;
  await client(ApolloLink.from([persisted(get), http])).query({ query });
  assert.deepEqual(sent.map(({ method }) => method), [get ? 'GET' : 'POST'], 'the hash alone');
  assert.ok(!sent[0].text.includes('slug'));
}
console.log('ok');
