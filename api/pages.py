"""Pages that a visitor may meet on a short domain. They load nothing and say nothing of whose domain it is."""

NO_LINK = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>No such link</title>
<style>
:root { color-scheme: light dark; --ink: #17202a; --soft: #5d6d7e; --paper: #fbfcfc; --mark: #d0d7de }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #98a6b5; --paper: #12171d; --mark: #303a45 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 17px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif }
main { max-width: 30em; padding: 2em; text-align: center }
svg { width: 72px; height: 72px; stroke: var(--mark) }
h1 { margin: .6em 0 .3em; font-size: 1.5em; letter-spacing: -.01em }
p { margin: 0; color: var(--soft) }
</style>
</head>
<body>
<main>
<svg viewBox="0 0 24 24" fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
<path d="M10 14a4 4 0 0 0 5.7 0l3.2-3.2a4 4 0 0 0-5.7-5.7l-.9.9M14 10a4 4 0 0 0-5.7 0l-3.2 3.2a4 4 0 0 0 5.7 5.7l.9-.9M3 3l18 18"/>
</svg>
<h1>This link leads nowhere</h1>
<p>It may have been mistyped, or its owner has taken it down. Ask whoever gave it to you for a new one.</p>
</main>
</body>
</html>
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
