// Monaco's three workers, each a file of our own: no blob address, which the page's policy refuses.
/* global WORKERS */
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(WORKERS[label] ?? WORKERS.editor, import.meta.url), { name: label }),
};
