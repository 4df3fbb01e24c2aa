// Keeps visited pages for a time without a network. It is there only after somebody has asked for it on the data page,
// asks the network first, and never answers for another site.
const scope = self.registration.scope;
const name = "token-matters " + scope;
const most = 200;
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
const keep = async (request, response) => {
  const cache = await caches.open(name);
  await cache.delete(request);
  await cache.put(request, response);
  // The oldest go first: keys come in the order in which they were put.
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((key) => cache.delete(key)));
};
const kept = async (request) => {
  const cache = await caches.open(name);
  const address = new URL(request.url);
  address.search = "";
  const start = address.pathname.endsWith("/") ? new URL("index.html", address) : address;
  return (await cache.match(request, { ignoreSearch: true })) || (await cache.match(start, { ignoreSearch: true })) || Response.error();
};
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  event.respondWith((async () => {
    try {
      const response = await fetch(request);
      if (response.ok && response.type === "basic") event.waitUntil(keep(request, response.clone()));
      return response;
    } catch {
      return kept(request);
    }
  })());
});
