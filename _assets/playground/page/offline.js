// The page for a later visit without a network: a service worker keeps its files, once the reader has asked for models.

const ROOT = new URL("../../../", import.meta.url);    // of the site: this file lies in _static/playground/page/
const PATIENCE = 3000;                                 // milliseconds

/** Whether the files that the page has loaded so far, and those that follow, will be there without a network. */
export async function keepForOffline() {
  if (!("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", ROOT), { scope: ROOT.pathname });
    const worker = await controlled();
    if (!worker) return false;
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    const own = [window.location.href.split("#")[0], ...loaded].filter((url) => url.startsWith(ROOT.href));
    worker.postMessage({ keep: [...new Set(own)] });
    return true;
  } catch {
    return false;       // private windows and strict settings refuse; the page draws all the same
  }
}

/** The service worker in charge of this page; null where it takes too long. */
function controlled() {
  const container = navigator.serviceWorker;
  if (container.controller) return Promise.resolve(container.controller);
  return new Promise((resolve) => {
    setTimeout(() => resolve(container.controller), PATIENCE);
    container.addEventListener("controllerchange", () => resolve(container.controller), { once: true });
  });
}
