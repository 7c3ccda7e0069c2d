/* Show the page anew when a job it follows has ended. */

document.addEventListener("done", () => location.reload());
