// GraphiQL with our key, our tabs and its plugins.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useRef, useState } from "react";
import tabs from "tabs";
import { EXAMPLES_PLUGIN } from "./examples.jsx";
import { KeyBar, useKey } from "./key.jsx";
import { fetcherFor } from "./requests.js";

const PLUGINS = [explorerPlugin({ showAttribution: false }), EXAMPLES_PLUGIN, HISTORY_PLUGIN];

/** The value once it has stood still: the schema is asked for once for a key that is typed, not at each letter. */
function useSettled(value, milliseconds) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

let chosenAt = -Infinity;
const toTop = () => setTimeout(() => document.querySelector(".graphiql-plugin")?.scrollTo(0, 0));

/** A panel that was just chosen opens at its top: GraphiQL keeps one scrolled place for all of them. */
function onChoice({ target }) {
  if (target.closest(".graphiql-sidebar button")) {
    chosenAt = performance.now();
    toTop();
  }
}

/** An input of the explorer takes the focus when it is drawn, and the panel would follow it down. */
function onDrawn({ target }) {
  if (target.closest(".graphiql-plugin") && performance.now() - chosenAt < 1_000) toTop();
}

export function Explorer() {
  const state = useKey();
  const key = useSettled(state.key, 250);
  const [refused, setRefused] = useState(false);
  const latest = useRef(state.key);
  latest.current = state.key;
  // A new fetcher makes GraphiQL ask for the schema again; what it asks, it asks with the key of that moment.
  const fetcher = useMemo(() => fetcherFor(() => latest.current, setRefused), [key]);
  useEffect(() => setRefused(false), [key]);

  return (
    <>
      <KeyBar state={state} refused={refused} />
      <main onClick={onChoice} onFocus={onDrawn}>
        <GraphiQL
          fetcher={fetcher}
          // Without a key there is no schema to ask for: null asks nothing, undefined asks the server.
          schema={key ? undefined : null}
          schemaDescription
          inputValueDeprecation
          defaultTabs={tabs}
          plugins={PLUGINS}
          // A header typed in GraphiQL would end in its history, and the one header that matters has its own field.
          isHeadersEditorEnabled={false}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>
            <></>
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}
