// Corrections of how Streamlit, Plotly and deck.gl behave in the browser that no argument of theirs can make. Each has
// its reason; where it doesn't recognise the page it does nothing.
const KEY = "st-key-"
const main = () => document.querySelector("[data-testid=stMain]")
const keyOf = (element) => [...element.closest(`[class*=${KEY}]`).classList].find((name) => name.startsWith(KEY))

// A figure that has changed is built anew: it leaves full screen, and until it is drawn there is nothing. Its picture
// stands in meanwhile, and it is taken back to full screen.
const DRAWN = ".js-plotly-plot:not(.picture *):not([style*='visibility: hidden']) .main-svg"
const WIDEN = "[data-title='Fullscreen']"
const WIDE = "[data-title='Close fullscreen']:not(.picture *)"

const pictureOf = (plot) => {
  const picture = document.createElement("div")
  picture.className = "picture"
  picture.ariaHidden = "true"
  Object.assign(picture.style, { position: "absolute", inset: "0", pointerEvents: "none" })
  const wide = plot.querySelector(WIDE) !== null
  if (wide) {
    const { backgroundColor, padding, zIndex } = getComputedStyle(plot.closest("[data-testid=stFullScreenFrame]"))
    Object.assign(picture.style, { position: "fixed", backgroundColor, padding, zIndex })
  }
  picture.append(plot.cloneNode(true))
  return { plot, picture, wide, key: keyOf(plot) }
}

let uncover = () => {}
const coverFigures = () => {
  uncover()
  const pictures = [...main().querySelectorAll(`[class*=${KEY}] .js-plotly-plot`)].map(pictureOf)
  const look = new MutationObserver(() => {
    for (const one of pictures) {
      const place = main()?.querySelector(`.${CSS.escape(one.key)}:not([data-retained=true])`)
      if (one.done || !place || place.contains(one.plot)) continue
      const drawn = place.querySelector(DRAWN)
      if (drawn && one.wide && !one.widened) {
        one.widened = true
        place.querySelector(WIDEN)?.click()
      }
      one.done = drawn && (!one.wide || place.querySelector(WIDE))
      if (one.done) one.picture.remove()
      else if (one.picture.parentElement !== place) place.append(one.picture)
    }
  })
  look.observe(main(), { childList: true, subtree: true, attributeFilter: ["style"] })
  const end = setTimeout(() => uncover(), COVER_MS)
  uncover = () => {
    clearTimeout(end)
    look.disconnect()
    pictures.forEach(({ picture }) => picture.remove())
  }
}

// A map whose WebGL context is lost (the computer slept, another page took its memory) stays blank. The server is told,
// again every 5 s until the canvas is gone, and draws the map under another key.
const LOST_AGAIN_MS = 5000
const watchMap = (onLost, signal) => {
  let lost = null
  const tell = () => {
    if (!lost?.isConnected) lost = null
    if (lost && document.visibilityState === "visible") onLost()
  }
  const noteLoss = ({ target }) => {
    if (!target.closest?.(`.${KEY}session_map`)) return
    lost = target
    tell()
  }
  document.addEventListener("webglcontextlost", noteLoss, { capture: true, signal })
  document.addEventListener("visibilitychange", tell, { signal })
  const telling = setInterval(tell, LOST_AGAIN_MS)
  signal.addEventListener("abort", () => clearInterval(telling))
}

// Plotly keeps a finger that touches a figure from scrolling the page. It doesn't see fingers here: a tap reaches it as a
// click does, because the browser makes one of it, and a finger that goes to the side where a drag selects, as the mouse.
const figure = (event) => event.target.closest?.(`[class*=${KEY}] .js-plotly-plot`)
const SIDEWAYS_PIXELS = 8

let finger = null
const mouse = (kind, { clientX, clientY }) =>
  finger.target.dispatchEvent(
    new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, clientX, clientY, buttons: 1 })
  )
const touches = {
  touchstart: (event) => {
    finger?.dragging && mouse("mouseup", finger.start)
    const alone = event.touches.length === 1 && figure(event)?.layout?.dragmode === "select"
    finger = alone ? { start: event.touches[0], target: event.target, dragging: false } : null
  },
  touchmove: (event) => {
    if (!finger) return
    const [now] = event.touches
    const across = Math.abs(now.clientX - finger.start.clientX)
    if (!finger.dragging && across > SIDEWAYS_PIXELS && across > Math.abs(now.clientY - finger.start.clientY)) {
      finger.dragging = true
      mouse("mousedown", finger.start)
    }
    if (finger.dragging) mouse("mousemove", now)
  },
  touchend: (event) => {
    if (finger?.dragging) mouse("mouseup", event.changedTouches[0])
    finger = null
  },
}
touches.touchcancel = touches.touchend
const touch = (event) => {
  if (!figure(event)) return
  event.stopPropagation()
  touches[event.type](event)
}

// Streamlit's own search and sort see the one page that a table has, and take exact numbers for texts; no argument of
// `st.dataframe` switches them off. So a click on the header doesn't reach these tables: what ends it is told as if it
// had been elsewhere. Columns can be moved and widened as ever. Instead of the search of a page the browser's is opened;
// its button is hidden by `style.css`.
const PAGED = ["event_feed", "event_table", "session_table", "latest_table"]
const UNSORTED = [...PAGED, "timeline", "revenue"]
const HEADER_PIXELS = 35

const within = ({ target }, names, part) => target.closest?.(names.map((name) => `.${KEY}${name}${part}`).join())
const onHeader = (event) => {
  const table = within(event, UNSORTED, " .dvn-scroller")
  return table && event.clientY - table.getBoundingClientRect().top <= HEADER_PIXELS
}
let pressed = false
const presses = {
  pointerdown: (event) => { pressed = onHeader(event) },
  pointerup: (event) => {
    if (!pressed || !event.isTrusted) return
    pressed = false
    event.stopPropagation()
    const { pointerId, pointerType } = event
    const elsewhere = { bubbles: true, cancelable: true, pointerId, pointerType, clientX: -1, clientY: -1 }
    document.body.dispatchEvent(new PointerEvent("pointerup", elsewhere))
  },
  click: (event) => { if (onHeader(event)) event.stopPropagation() },
  keydown: (event) => {
    const searches = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f"
    if (searches && within(event, PAGED, "")) event.stopPropagation()
  },
}

const running = new WeakMap()
export default function ({ setTriggerValue, parentElement }) {
  // Called again with each run of the script.
  running.get(parentElement)?.abort()
  const end = new AbortController()
  running.set(parentElement, end)
  const { signal } = end
  document.addEventListener("gridrt-refresh", coverFigures, { signal })
  watchMap(() => setTriggerValue("lost", true), signal)
  for (const kind of Object.keys(touches)) {
    document.addEventListener(kind, touch, { capture: true, passive: true, signal })
  }
  for (const [kind, handle] of Object.entries(presses)) {
    document.addEventListener(kind, handle, { capture: true, signal })
  }
  return () => end.abort()
}
