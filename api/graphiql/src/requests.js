// How the page asks: same-origin HTTP for queries and mutations, one WebSocket for each subscription. The key travels in a
// header or in connection_init, never in an address.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";

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

async function ask(key, onAnswer, url, options) {
  const headers = { ...options.headers, ...authorization(key) };
  const response = await fetch(url, { ...options, headers, credentials: "same-origin", cache: "no-store" });
  onAnswer(await refused(response));
  return response;
}

function documentOf(query) {
  try {
    return parse(query);
  } catch {
    return null; // the server says what is wrong with it
  }
}

/** GraphiQL learns a tab's operation a moment after the tab is opened; until then it would send the name of the one before. */
function current(parameters, options) {
  const documentAST = documentOf(parameters.query);
  const operations = documentAST?.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION) ?? [];
  if (operations.length !== 1) return [parameters, options];
  return [{ ...parameters, operationName: operations[0].name?.value }, { ...options, documentAST }];
}

/** A GraphiQL fetcher; `readKey()` gives the key of the moment, `onAnswer(refused)` hears whether the key was the trouble. */
export function fetcherFor(readKey, onAnswer) {
  return (parameters, options) => {
    const key = readKey();
    const fetcher = createGraphiQLFetcher({
      url: ENDPOINT.href,
      subscriptionUrl: socketAddress(),
      wsConnectionParams: authorization(key),
      enableIncrementalDelivery: false,
      fetch: (url, request) => ask(key, onAnswer, url, request),
    });
    return fetcher(...current(parameters, options));
  };
}
