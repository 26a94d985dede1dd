// Turns mdBook's five themes into two: the book has one light and one dark dress, and its drawings and runs follow them.
for (const name of ["rust", "coal", "ayu"]) document.getElementById(`mdbook-theme-${name}`)?.parentElement.remove();
const dark = document.getElementById("mdbook-theme-navy");
if (dark) dark.textContent = "Dark";
