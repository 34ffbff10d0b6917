// The key: typed or pasted at the top, held in memory, kept in sessionStorage only when its owner says so.
import { useEffect, useState } from "react";

const MARK = document.querySelector("link[rel=icon]").href;

const KEPT_AS = "clickledger:key";

const read = () => {
  try {
    return sessionStorage.getItem(KEPT_AS) ?? "";
  } catch {
    return ""; // storage may be switched off; then nothing is kept
  }
};

const keep = (key) => {
  try {
    if (key) sessionStorage.setItem(KEPT_AS, key);
    else sessionStorage.removeItem(KEPT_AS);
  } catch {
    // storage may be switched off; then nothing is kept
  }
};

/** What a person pastes is often the whole header. */
const bare = (text) => text.trim().replace(/^(authorization:\s*)?(bearer\s+)?/i, "");

export function useKey() {
  const [key, setKey] = useState(read);
  const [kept, setKept] = useState(() => key !== "");
  useEffect(() => keep(kept ? key : ""), [key, kept]);
  return { key, setKey: (text) => setKey(bare(text)), kept, setKept };
}

function standing(key, refused) {
  if (!key) return ["none", refused ? "That request had no key: paste one here." : "No key yet: requests go out unauthenticated."];
  if (refused) return ["refused", "The server refused this key."];
  if (key.startsWith("clk_live_")) return ["live", "Live: real money."];
  if (key.startsWith("clk_test_")) return ["test", "Test mode."];
  return ["unknown", "A key begins with clk_live_ or clk_test_."];
}

export function KeyBar({ state: { key, setKey, kept, setKept }, refused }) {
  const [kind, hint] = standing(key, refused);
  return (
    <header className="graphiql-container key-bar">
      <h1>
        <img src={MARK} alt="" width="22" height="22" />
        Clickledger
      </h1>
      <label className="key-field">
        <span>Authorization: Bearer</span>
        <input
          id="key"
          type="password"
          value={key}
          onChange={(event) => setKey(event.target.value)}
          placeholder="clk_live_… or clk_test_…"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-describedby="key-standing"
        />
      </label>
      <label className="key-keep">
        <input type="checkbox" checked={kept} onChange={(event) => setKept(event.target.checked)} />
        Keep until this tab closes
      </label>
      <output id="key-standing" className={`key-standing key-${kind}`}>
        {hint}
      </output>
    </header>
  );
}
