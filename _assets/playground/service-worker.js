// Keeps the pages and scripts that a reader of the playground has met, for a visit without a network. The network comes
// first, so nobody is shown an old page. Models and runtime are not its business: the engine keeps them by their hashes,
// asks its cache first, and never needs the network for what it has (files.js).
const CACHE = "dalle-playground-site";
const HASHED = /\.(onnx|bin|wasm)$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** Keeps an answer, in place of what an earlier version of the site gave for the same path. */
async function keep(cache, request, response) {
  if (response.status !== 200) return;
  await cache.delete(request, { ignoreSearch: true });
  await cache.put(request, response);
}

self.addEventListener("message", (event) => {
  const asked = Array.isArray(event.data?.keep) ? event.data.keep : [];
  const own = asked.filter((url) => url.startsWith(self.registration.scope) && !HASHED.test(new URL(url).pathname));
  event.waitUntil(caches.open(CACHE).then((cache) => Promise.all(
    own.map((url) => fetch(url).then((response) => keep(cache, url, response)).catch(() => null)),
  )));
});

async function networkFirst(event) {
  const { request } = event, cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    event.waitUntil(keep(cache, request, response.clone()).catch(() => null));    // no room: then it is not kept
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || HASHED.test(url.pathname) || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(networkFirst(event));
});
