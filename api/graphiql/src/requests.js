// How the page asks: same-origin HTTP for queries and mutations, one WebSocket for each subscription. The key travels in a
// header or in connection_init, never in an address.
import { createGraphiQLFetcher } from "@graphiql/toolkit";

/** Where the API is, beside this page, whatever path a proxy put before both. */
const ENDPOINT = new URL("graphql", document.baseURI);

function authorization(key) {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

function socketAddress() {
  const address = new URL(ENDPOINT);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

async function refused(response) {
  if (response.status === 401 || response.status === 403) return true;
  const answer = await response.clone().json().catch(() => null);
  return Boolean(answer?.errors?.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED"));
}

/** A GraphiQL fetcher for one key; `onAnswer(refused)` hears of each answer whether the key was the trouble. */
export function fetcherFor(key, onAnswer) {
  return createGraphiQLFetcher({
    url: ENDPOINT.href,
    subscriptionUrl: socketAddress(),
    wsConnectionParams: authorization(key),
    enableIncrementalDelivery: false,
    fetch: async (url, options) => {
      const response = await fetch(url, {
        ...options,
        headers: { ...options.headers, ...authorization(key) },
        credentials: "same-origin",
        cache: "no-store",
      });
      onAnswer(await refused(response));
      return response;
    },
  });
}
