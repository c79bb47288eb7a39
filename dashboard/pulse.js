// The line that tells how old the picture is. It ticks in the browser, and it asks the server again when that is due:
// never from a hidden tab, which asks at once when it is looked at again.
export default function ({ data, setTriggerValue, parentElement }) {
  const line = parentElement.querySelector("span")
  const since = performance.now()
  const passed = () => (performance.now() - since) / 1000

  const words = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds))
    if (whole < 60) return `${whole} s`
    const minutes = Math.floor(whole / 60)
    if (minutes < 60) return `${minutes} min`
    const hours = Math.floor(minutes / 60)
    if (hours >= 48) return `${Math.floor(hours / 24)} d`
    return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  }
  const tick = () => {
    const parts = []
    if (data.age !== null) parts.push(`updated ${words(data.age + passed())} ago`)
    if (data.next_try !== null) parts.push(`next try in ${words(data.next_try - passed())}`)
    line.textContent = [...parts, ...data.more].join(" · ")
  }
  const ask = () => {
    if (document.visibilityState !== "visible" || passed() < data.wait) return
    document.removeEventListener("visibilitychange", ask)
    setTriggerValue("due", data.turn)
  }

  tick()
  const ticking = setInterval(tick, 1000)
  let waiting = null
  if (data.wait !== null) {
    waiting = setTimeout(ask, data.wait * 1000 + 20)
    document.addEventListener("visibilitychange", ask)
  }
  return () => {
    clearInterval(ticking)
    clearTimeout(waiting)
    document.removeEventListener("visibilitychange", ask)
  }
}
