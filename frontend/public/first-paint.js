// Sets the theme before the first paint. A file of its own, so that a strict content security policy needs no
// exception for inline scripts. The key and its values are those of src/shared/theme/theme.ts.
;(function () {
  var chosen = null
  try {
    chosen = localStorage.getItem('jiepai.theme')
  } catch {
    // Storage is closed to us: the system's theme it is.
  }
  var isDark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', isDark)
})()
