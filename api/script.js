// Clickledger on a customer's site: keeps the click id that a short link brought, and hands it on to the site's other hosts.
(() => {
  const script = document.currentScript || document.querySelector("script[src$='/script.js']");
  const said = (name) => script.getAttribute("data-" + name);
  const json = (name) => {
    try {
      return JSON.parse(said(name)) || {};
    } catch {
      return {};
    }
  };
  const host = location.hostname.replace(/^www\./, "");
  const api = (said("api-host") || new URL(script.src).origin).replace(/\/+$/, "");
  const domains = json("domains");
  const query = new URLSearchParams(location.search);
  const first = said("attribution-model") == "first-click";

  const kept = () => (document.cookie.match(/(?:^|; )pimms_id=([^;]*)/) || [])[1];

  const keep = (id) => {
    if (!id || (first && kept())) return show();
    // A cookie's domain needs a dot in it, and cannot be an address.
    const shared = /\.[a-z]/i.test(host) ? "." + host : "";
    const { domain, expiresInDays, path } = { domain: shared, expiresInDays: 90, path: "/", ...json("cookie-options") };
    document.cookie =
      `pimms_id=${encodeURIComponent(id)};path=${path};max-age=${Math.round(expiresInDays * 86400)};SameSite=Lax` +
      (domain ? ";domain=" + domain : "") +
      (location.protocol == "https:" ? ";Secure" : "");
    show(id);
  };

  const show = (id = kept()) => {
    if (!id) return;
    window.pimms_id = decodeURIComponent(id);
    pass();
  };

  // A string body without a content type needs no preflight, and outlives the page.
  const report = (what, more) =>
    fetch(`${api}/track/${what}`, {
      method: "POST",
      keepalive: true,
      credentials: ("." + new URL(api, location).hostname).endsWith("." + host) ? "include" : "omit",
      body: JSON.stringify({ url: location.href, referrer: document.referrer, ...more }),
    })
      .then((answer) => answer.json())
      .then(({ clickId }) => keep(clickId))
      .catch(() => {});

  const hosts = ["outbound", "embed", "thank-you"].flatMap((name) => domains[name] || []).flatMap((names) => names.split(","));
  const ours = hosts.map((name) => name.trim().toLowerCase().replace(/^www\./, "")).filter(Boolean);

  const pass = () => {
    if (!ours.length || !window.pimms_id) return;
    for (const element of document.querySelectorAll("a[href],iframe[src]")) {
      const name = element.href ? "href" : "src";
      if (!URL.canParse(element[name])) continue;
      const url = new URL(element[name]);
      if (!ours.includes(url.hostname.replace(/^www\./, "")) || url.searchParams.has("pimms_id")) continue;
      if (said("forward-all") != null && said("forward-all") != "false")
        query.forEach((value, key) => url.searchParams.has(key) || url.searchParams.set(key, value));
      url.searchParams.set("pimms_id", window.pimms_id);
      element[name] = url.href;
    }
  };

  show();
  if (ours.length) new MutationObserver(pass).observe(document, { childList: true, subtree: true });
  const id = query.get("pimms_id") || query.get("dub_id");
  const key = query.get(said("query-param") || "via");
  if (id) keep(id);
  else if (key && domains.refer && !(first && kept())) report("click", { domain: domains.refer, key });
  else if (domains.site && !kept()) report("visit", { domain: domains.site });
})();
