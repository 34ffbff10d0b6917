// Subscriptions by graphql-ws, graphql-sse, Apollo Client over graphql-ws, and urql over its own server-sent events.
import assert from 'node:assert/strict';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange } from '@urql/core';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import WebSocket from 'ws';

const { CLICKLEDGER_URL: url, CLICKLEDGER_KEY: key } = process.env;
const headers = { authorization: `Bearer ${key}` };
const socket = () =>
  createWs({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: headers, retryAttempts: 0 });
const SALES = 'subscription Sales { saleChanged { cursor kind sale { id net { original { minor } } } } }';

async function ask(query, variables) {
  const body = JSON.stringify({ query, variables });
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

let sold = 7_000;
async function sell() {
  sold += 1;
  const input = { externalId: `buyer_${sold}`, amountMinor: String(sold), currency: 'usd', invoiceId: `in_${sold}` };
  const { saleTrack } = await ask('mutation ($input: SaleTrackInput!) { saleTrack(input: $input) { userErrors { message } } }', { input });
  assert.deepEqual(saleTrack.userErrors, []);
  return sold;
}

// Each opens a subscription that hands its results to `next` and its failure to `fail`, and returns what ends it.
const clients = {
  'graphql-ws': (next, fail) => socket().subscribe({ query: SALES }, { next, error: fail, complete() {} }),
  'graphql-sse': (next, fail) =>
    createSse({ url: `${url}/graphql`, headers, retryAttempts: 0 }).subscribe({ query: SALES }, { next, error: fail, complete() {} }),
  Apollo: (next, fail) => {
    const client = new ApolloClient({ link: new GraphQLWsLink(socket()), cache: new InMemoryCache() });
    const running = client.subscribe({ query: gql(SALES) }).subscribe({ next, error: fail });
    return () => running.unsubscribe();
  },
  urql: (next, fail) => {
    const client = new Client({ url: `${url}/graphql`, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions: { headers } });
    const running = client.subscription(SALES, {}).subscribe((result) => (result.error ? fail(result.error) : next(result)));
    return () => running.unsubscribe();
  },
};

for (const [name, open] of Object.entries(clients)) {
  const heard = [];
  let failed;
  const end = open((result) => heard.push(result.data.saleChanged), (error) => (failed = error));
  const told = [];
  const deadline = Date.now() + 20_000;
  const known = () => heard.find(({ sale }) => told.includes(Number(sale?.net.original.minor)));
  while (!known()) {
    assert.equal(failed, undefined, `${name}: ${failed}`);
    assert.ok(Date.now() < deadline, `${name} heard nothing`);
    told.push(await sell()); // again until it is heard: nobody says when a subscription has begun
    await new Promise((done) => setTimeout(done, 300));
  }
  assert.ok(known().cursor);
  end();
}

const { linkCreate } = await ask(
  'mutation { linkCreate(input: { url: "https://shop.example.com", key: "followed" }) { link { id } userErrors { message } } }',
);
assert.deepEqual(linkCreate.userErrors, []);
const clicks = socket().iterate({ query: 'subscription Clicks { clickRecorded { clickId link { key } } }' });
const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const following = setInterval(() => fetch(`${url}/followed?visit=${Math.random()}`, { headers: agent, redirect: 'manual' }), 200);
const { value } = await clicks.next();
clearInterval(following);
assert.equal(value.data.clickRecorded.link.key, 'followed');
await clicks.return();
console.log('ok');
process.exit(0);
