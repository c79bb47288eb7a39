// Corrections of how Streamlit, Plotly and deck.gl behave in the browser, for which their Python interfaces have no
// argument. Each gives its reason; where it doesn't recognise the page it does nothing.
const KEY = "st-key-"
const keyOf = (element) => [...element.closest(`[class*=${KEY}]`).classList].find((name) => name.startsWith(KEY))
const main = () => document.querySelector("[data-testid=stMain]")

// Figures. Streamlit identifies a Plotly figure by its content, so one that has changed is created anew: it leaves full
// screen, and nothing is shown until it is drawn. A copy of the old figure covers the place until then, and the new
// figure is put into full screen again.
const COVER_MS = 5000
const DRAWN = ".js-plotly-plot:not(.picture *):not([style*='visibility: hidden']) .main-svg"
const ENTER_FULL_SCREEN = "[data-title='Fullscreen']"
const IN_FULL_SCREEN = "[data-title='Close fullscreen']:not(.picture *)"

const copyOf = (plot) => {
  const copy = document.createElement("div")
  copy.className = "picture"
  copy.ariaHidden = "true"
  Object.assign(copy.style, { position: "absolute", inset: "0", pointerEvents: "none" })
  const isWide = plot.querySelector(IN_FULL_SCREEN) !== null
  if (isWide) {
    const { backgroundColor, padding, zIndex } = getComputedStyle(plot.closest("[data-testid=stFullScreenFrame]"))
    Object.assign(copy.style, { position: "fixed", backgroundColor, padding, zIndex })
  }
  copy.append(plot.cloneNode(true))
  return { plot, copy, isWide, key: keyOf(plot) }
}

let uncoverFigures = () => {}
const coverFigures = () => {
  uncoverFigures()
  const covers = [...main().querySelectorAll(`[class*=${KEY}] .js-plotly-plot`)].map(copyOf)
  const observer = new MutationObserver(() => {
    for (const cover of covers) {
      const place = main()?.querySelector(`.${CSS.escape(cover.key)}:not([data-retained=true])`)
      if (cover.done || !place || place.contains(cover.plot)) continue
      const drawn = place.querySelector(DRAWN)
      if (drawn && cover.isWide && !cover.widened) {
        cover.widened = true
        place.querySelector(ENTER_FULL_SCREEN)?.click()
      }
      cover.done = drawn && (!cover.isWide || place.querySelector(IN_FULL_SCREEN))
      if (cover.done) cover.copy.remove()
      else if (cover.copy.parentElement !== place) place.append(cover.copy)
    }
  })
  observer.observe(main(), { childList: true, subtree: true, attributeFilter: ["style"] })
  const timeout = setTimeout(() => uncoverFigures(), COVER_MS)
  uncoverFigures = () => {
    clearTimeout(timeout)
    observer.disconnect()
    covers.forEach(({ copy }) => copy.remove())
  }
}

// The map. Its canvas stays blank when its WebGL context is lost (the computer slept, another page took its memory).
// The server is notified of its key, again every 5 s until the canvas is gone, and draws the map under another key.
const LOST_AGAIN_MS = 5000
const MAPS = `.${KEY}session_map, .${KEY}store_map`
const watchMap = (onLost, signal) => {
  let lost = null
  const tell = () => {
    if (!lost?.isConnected) lost = null
    if (lost && document.visibilityState === "visible") onLost(keyOf(lost).slice(KEY.length))
  }
  const noteLoss = ({ target }) => {
    if (!target.closest?.(MAPS)) return
    lost = target
    tell()
  }
  document.addEventListener("webglcontextlost", noteLoss, { capture: true, signal })
  document.addEventListener("visibilitychange", tell, { signal })
  const telling = setInterval(tell, LOST_AGAIN_MS)
  signal.addEventListener("abort", () => clearInterval(telling))
}

// Downloads. Streamlit asks for a file itself before it lets the browser have it, and says nothing when it isn't there.
const FILES = /(?<!\/static)\/media\/[^/]*$/
const watchDownloads = (onFailed, signal) => {
  const observer = new PerformanceObserver((list) => {
    const failed = ({ name, responseStatus }) => responseStatus >= 400 && FILES.test(new URL(name).pathname)
    if (list.getEntries().some(failed)) onFailed()
  })
  observer.observe({ type: "resource" })
  signal.addEventListener("abort", () => observer.disconnect())
}

// The wheel scrolls the page, also over a map, until that map is clicked: deck.gl has no argument for it.
let clickedMap = null
const mapOf = ({ target }) => target.closest?.(MAPS) ?? null
const scrollPage = (event) => {
  const map = mapOf(event)
  if (map && map !== clickedMap && !event.ctrlKey) event.stopPropagation()
}

// Touch. Plotly keeps a finger that touches a figure from scrolling the page, so touches don't reach it: a tap does, as
// the click that the browser makes of it, and a sideways move where a drag selects, as moves of a mouse.
const SIDEWAYS_PIXELS = 8
const figureOf = (event) => event.target.closest?.(`[class*=${KEY}] .js-plotly-plot`)

let finger = null
const sendMouse = (kind, { clientX, clientY }) =>
  finger.target.dispatchEvent(
    new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, clientX, clientY, buttons: 1 })
  )
const touches = {
  touchstart: (event) => {
    finger?.dragging && sendMouse("mouseup", finger.start)
    const selects = event.touches.length === 1 && figureOf(event)?.layout?.dragmode === "select"
    finger = selects ? { start: event.touches[0], target: event.target, dragging: false } : null
  },
  touchmove: (event) => {
    if (!finger) return
    const [now] = event.touches
    const across = Math.abs(now.clientX - finger.start.clientX)
    if (!finger.dragging && across > SIDEWAYS_PIXELS && across > Math.abs(now.clientY - finger.start.clientY)) {
      finger.dragging = true
      sendMouse("mousedown", finger.start)
    }
    if (finger.dragging) sendMouse("mousemove", now)
  },
  touchend: (event) => {
    if (finger?.dragging) sendMouse("mouseup", event.changedTouches[0])
    finger = null
  },
}
touches.touchcancel = touches.touchend
const handleTouch = (event) => {
  if (!figureOf(event)) return
  event.stopPropagation()
  touches[event.type](event)
}

// Tables. Streamlit's sort and search see only the one page that a table has, and sort exact numbers as texts; no
// argument of `st.dataframe` switches them off. So a click on the header doesn't reach these tables: the end of a press
// there is reported as if it had been elsewhere, and columns can still be moved and widened. Ctrl+F opens the browser's
// search instead of the table's, whose button is hidden by `style.css`.
const PAGED = ["event_feed", "event_table", "session_table", "latest_table", "store_table"]
const UNSORTED = [...PAGED, "timeline", "revenue"]
const HEADER_PIXELS = 35

const within = ({ target }, names, part) => target.closest?.(names.map((name) => `.${KEY}${name}${part}`).join())
const isOnHeader = (event) => {
  const table = within(event, UNSORTED, " .dvn-scroller")
  return table && event.clientY - table.getBoundingClientRect().top <= HEADER_PIXELS
}
// The grid takes the focus at the end of a touch; the mouse event that the browser makes of the touch can take it away.
const focusTable = (event) => {
  const table = event.target.closest?.(`[class*=${KEY}]:has(> * .dvn-scroller)`)
  setTimeout(() => {
    if (table && !table.contains(document.activeElement)) {
      table.querySelector("canvas[tabindex]")?.focus({ preventScroll: true })
    }
  })
}
// The grid chooses its first cell when it takes the focus and none is chosen, as it does after a press on the header.
// So does Tab, which would open the first row of a table that is only passed: the first key that moves chooses it.
const FOCUS_MS = 500
const MOVES = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End", "PageDown", "PageUp", "Enter", " "]
let pressed = false
let pressedAt = -FOCUS_MS
let tabbedAt = -FOCUS_MS
let passed = null
const isUnchosenGrid = ({ target }) =>
  target.matches?.(`[class*=${KEY}] canvas[tabindex]`) && !target.querySelector("[aria-selected=true]")
const presses = {
  pointerdown: (event) => { pressed = isOnHeader(event) },
  focusin: (event) => {
    if (event.timeStamp - pressedAt < FOCUS_MS && within(event, UNSORTED, "")) event.stopPropagation()
    passed = event.isTrusted && event.timeStamp - tabbedAt < FOCUS_MS && isUnchosenGrid(event) ? event.target : null
    if (passed) event.stopPropagation()
  },
  pointerup: (event) => {
    if (!pressed || !event.isTrusted) return
    pressed = false
    pressedAt = event.timeStamp
    event.stopPropagation()
    const { pointerId, pointerType } = event
    const elsewhere = { bubbles: true, cancelable: true, pointerId, pointerType, clientX: -1, clientY: -1 }
    document.body.dispatchEvent(new PointerEvent("pointerup", elsewhere))
  },
  click: (event) => {
    if (isOnHeader(event)) event.stopPropagation()
    else focusTable(event)
  },
  keydown: (event) => {
    const searches = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f"
    if (searches && within(event, PAGED, "")) event.stopPropagation()
    if (event.key === "Tab") tabbedAt = event.timeStamp
    if (passed !== event.target || !MOVES.includes(event.key)) return
    passed = null
    event.stopPropagation()
    event.preventDefault()
    event.target.dispatchEvent(new FocusEvent("focusin", { bubbles: true }))
  },
}

// Phones. The sidebar covers the page there; Streamlit closes it after a click on its own links to pages only.
const PHONE = "(max-width: 768px)"
const closeSidebar = ({ target }) => {
  if (!matchMedia(PHONE).matches || !target.closest?.(`.${KEY}views a`)) return
  setTimeout(() => document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click())
}

const running = new WeakMap()
export default function ({ setTriggerValue, parentElement }) {
  // Streamlit may call it again for the same element.
  running.get(parentElement)?.abort()
  const end = new AbortController()
  running.set(parentElement, end)
  const { signal } = end
  // Sent by `auto_refresh.js` before a refresh.
  document.addEventListener("gridrt-refresh", coverFigures, { signal })
  watchMap((key) => setTriggerValue("lost", key), signal)
  watchDownloads(() => setTriggerValue("download_failed", true), signal)
  document.addEventListener("wheel", scrollPage, { capture: true, passive: true, signal })
  document.addEventListener("pointerdown", (event) => { clickedMap = mapOf(event) }, { capture: true, signal })
  document.addEventListener("click", closeSidebar, { signal })
  for (const kind of Object.keys(touches)) {
    document.addEventListener(kind, handleTouch, { capture: true, passive: true, signal })
  }
  for (const [kind, handle] of Object.entries(presses)) {
    document.addEventListener(kind, handle, { capture: true, signal })
  }
  return () => end.abort()
}
