{
  // A page draws nothing without its websocket. Where none can be opened Streamlit tries for ever, and says nothing.
  const CHECK_MS = 6000
  const { host } = document.currentScript.dataset
  const isDrawn = () => document.querySelector("[class*=st-key-]") !== null

  const reason = () =>
    host && host.toLowerCase() !== location.host.toLowerCase()
      ? `The proxy in front of it names the host ${host} to it instead of ${location.host}: it must pass the Host header on.`
      : "It may have stopped, or a proxy in front of it doesn't let websockets through."

  const alert = document.createElement("div")
  alert.role = "alert"
  Object.assign(alert.style, {
    position: "fixed", inset: "auto 0 0 0", zIndex: 1e6, padding: "0.75rem 1rem", background: "darkred", color: "white",
    font: "1rem/1.5 system-ui, sans-serif",
  })

  const check = () => {
    if (isDrawn()) return alert.remove()
    const address = new URL("_stcore/stream", document.baseURI)
    address.protocol = address.protocol.replace("http", "ws")
    const socket = new WebSocket(address, ["streamlit"])
    let opened = false
    socket.onopen = () => {
      opened = true
      alert.remove()
      socket.close()
    }
    socket.onclose = () => {
      if (!opened && !isDrawn()) {
        alert.textContent = `This page can't open a websocket to the dashboard's server. ${reason()}`
        document.body.append(alert)
      }
      setTimeout(check, CHECK_MS)
    }
  }
  setTimeout(check, CHECK_MS)
}
