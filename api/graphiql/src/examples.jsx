// The examples again, for whoever has closed or changed a tab: a panel that opens any of them in a new one.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import tabs from "tabs";
import { onPhone } from "./phone.js";

const title = ({ query }) => /(?:query|mutation|subscription)\s+(\w+)/.exec(query)[1].replace(/(?!^)(?=[A-Z])/g, " ");

/** The comment at the head of a tab says what it teaches. */
const lesson = ({ query }) => /^(?:#.*\n)*/.exec(query)[0].replace(/^# /gm, "").replaceAll("\n", " ");

function Examples() {
  const { addTab, setVisiblePlugin } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const open = (tab) => {
    addTab();
    queryEditor?.setValue(tab.query);
    if (onPhone()) setVisiblePlugin(null); // there the panel lies over the editors
  };
  return (
    <section className="examples" aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      {tabs.map((tab) => (
        <button type="button" key={tab.query} onClick={() => open(tab)}>
          <strong>{title(tab)}</strong>
          <span>{lesson(tab)}</span>
        </button>
      ))}
    </section>
  );
}

function Icon(props) {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" {...props}>
      <path d="M9 18h6M10 21h4M12 3a6 6 0 0 0-3.6 10.8c.7.6 1.1 1.3 1.1 2.2h5c0-.9.4-1.6 1.1-2.2A6 6 0 0 0 12 3Z" />
    </svg>
  );
}

export const EXAMPLES_PLUGIN = { title: "Examples", icon: Icon, content: Examples };
