// The switch of the data page: a service worker keeps visited pages only after a click on it.
const place = document.querySelector("[data-offline]");
const worker = place && new URL(place.dataset.offline, location.href);
const say = (text) => Object.assign(document.createElement("span"), { textContent: text });
const show = async () => {
  const words = place.dataset;
  const known = await navigator.serviceWorker.getRegistration(worker);
  const isOn = known !== undefined && known.scope === new URL(".", worker).href;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = isOn ? words.off : words.on;
  button.addEventListener("click", async () => {
    button.disabled = true;
    if (isOn) {
      await known.unregister();
      await caches.delete("token-matters " + known.scope);
    } else {
      const { scope } = await navigator.serviceWorker.register(worker);
      // This page was loaded before anybody kept pages.
      const cache = await caches.open("token-matters " + scope);
      await cache.addAll([location.pathname, import.meta.url]);
    }
    await show();
    place.querySelector("button").focus();
  });
  const status = say(isOn ? words.isOn : words.isOff);
  status.setAttribute("role", "status");
  place.replaceChildren(button, " ", status);
};
if (place) {
  const cannot = () => place.replaceChildren(say(place.dataset.cannot));
  if ("serviceWorker" in navigator && isSecureContext && location.protocol !== "file:") show().catch(cannot);
  else cannot();
}
