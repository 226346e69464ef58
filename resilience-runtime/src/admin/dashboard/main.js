// ---- Drawing at most once a frame, and the keys.

let drawing = false;
function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawOverview();
    drawRows();
    drawTimeline();
    panel?.draw();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const writing = event.target === filter;
  if (event.key === "Escape") {
    if (byId("checks").open) byId("checks").open = false;
    else if (panel) closeDetails();
    else if (writing && filter.value) filter.value = "", filter.dispatchEvent(new Event("input"));
    else if (writing) filter.blur();
    else return;
  } else if (event.key === "ArrowDown" && (writing || !event.target.closest("#timeline, .details"))) moveFocus(1);
  else if (writing) return;
  else if (event.key === "ArrowUp" && !event.target.closest("#timeline, .details")) moveFocus(-1);
  else if (event.key === "j") moveFocus(1);
  else if (event.key === "k") moveFocus(-1);
  else if (event.key === "/") filter.focus(), filter.select();
  else if (event.key === "t") only.click();
  else return;
  event.preventDefault();
});

if (view.details != null) openDetails(view.details);
connect();
drawSoon();
