// Runs in the page that tests/harness/chromium.py opens. Returns what is wrong with each picture and each report, and
// the reports' tables. A problem is a sentence.
async ({ screens, reports, cell }) => {
  const NEAR = 0.5;
  const stage = document.getElementById("stage");

  function boxOf(text) {
    const { x, y, width, height } = text.getBBox();
    return { left: x, right: x + width, top: y, bottom: y + height };
  }

  function problemsOfScreen(source) {
    const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
    if (parsed.querySelector("parsererror")) return ["is no XML: " + parsed.querySelector("parsererror").textContent.slice(0, 200)];
    const svg = document.importNode(parsed.documentElement, true);
    stage.replaceChildren(svg);
    const problems = [];
    const margin = svg.querySelector("g").transform.baseVal.consolidate().matrix.e;
    const width = svg.viewBox.baseVal.width - 2 * margin;
    const height = svg.viewBox.baseVal.height - 2 * margin;
    const rows = new Map();
    for (const text of svg.querySelectorAll("text")) {
      const said = JSON.stringify(text.textContent);
      const start = text.getStartPositionOfChar(0).x;
      const end = text.getEndPositionOfChar(text.getNumberOfChars() - 1).x;
      const box = boxOf(text);
      if (start < -NEAR || end > width + NEAR || box.top < -cell.height / 4 || box.bottom > height + cell.height / 4)
        problems.push(`${said} is outside of the picture: ${start} to ${end} of ${width}`);
      const room = Number(text.getAttribute("textLength"));
      const at = Number(text.getAttribute("x"));
      if (room) {
        const wanted = room / cell.width;
        if (at % cell.width) problems.push(`${said} begins within a cell, at ${at}`);
        if (Math.abs(start - at) > NEAR || Math.abs(end - at - room) > NEAR)
          problems.push(`${said} should be at ${at} to ${at + room}, is at ${start} to ${end}`);
        const letters = [...text.textContent.replace(/\p{M}/gu, "")].length;
        if (letters !== wanted) problems.push(`${said} has room for ${wanted} letters`);
        if (letters === text.getNumberOfChars())
          for (let k = 0; k < letters; k++) {
            const x = text.getStartPositionOfChar(k).x;
            if (Math.abs(x - at - k * cell.width) > NEAR) {
              problems.push(`${said}: character ${k} is at ${x}, not ${at + k * cell.width}`);
              break;
            }
          }
      } else if (end - start > 2 * cell.width + NEAR) problems.push(`${said} is wider than its cells`);
      const row = text.getAttribute("y");
      if (!rows.has(row)) rows.set(row, []);
      rows.get(row).push([start, end, said, Boolean(room)]);
    }
    for (const words of rows.values()) {
      words.sort((one, other) => one[0] - other[0]);
      for (let k = 1; k < words.length; k++) {
        const room = words[k - 1][3] && words[k][3] ? NEAR : 2; // a sign of another font is a little wider
        if (words[k - 1][1] > words[k][0] + room)
          problems.push(`${words[k - 1][2]} reaches into ${words[k][2]}`);
      }
    }
    if (!svg.querySelector("text")) problems.push("has no text");
    return problems;
  }

  function problemsOfPlot(svg) {
    const problems = [];
    const { width, height } = svg.viewBox.baseVal;
    const boxes = [...svg.querySelectorAll("text")].map((text) => [boxOf(text), JSON.stringify(text.textContent)]);
    for (const [box, said] of boxes)
      if (box.left < -NEAR || box.right > width + NEAR || box.top < -NEAR || box.bottom > height + NEAR)
        problems.push(`${said} is outside of the plot ${svg.querySelector("title").textContent}`);
    for (let i = 0; i < boxes.length; i++)
      for (let k = 0; k < i; k++) {
        const [one, other] = [boxes[i][0], boxes[k][0]];
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 1 && down > 4) problems.push(`${boxes[i][1]} lies over ${boxes[k][1]}`);
      }
    return problems;
  }

  async function opened(source, width) {
    const frame = document.createElement("iframe");
    frame.style.width = width + "px";
    frame.style.height = "800px";
    const ready = new Promise((done) => frame.addEventListener("load", done));
    frame.srcdoc = source;
    stage.replaceChildren(frame);
    await ready;
    return frame.contentDocument;
  }

  const found = { screens: {}, reports: {} };
  for (const [name, source] of Object.entries(screens)) found.screens[name] = problemsOfScreen(source);
  for (const [name, source] of Object.entries(reports)) {
    const problems = [];
    let tables = {};
    for (const width of [400, 960]) {
      const page = await opened(source, width);
      const root = page.documentElement;
      if (root.scrollWidth > root.clientWidth) problems.push(`is wider than a window of ${width} pixels`);
      for (const element of page.querySelectorAll("td, th, h1, h2, p"))
        if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
          problems.push(`${JSON.stringify(element.textContent)} is outside of its box at ${width} pixels`);
      for (const svg of page.querySelectorAll("svg")) problems.push(...problemsOfPlot(svg));
      tables = {};
      for (const heading of page.querySelectorAll("h2"))
        if (heading.nextElementSibling?.tagName === "TABLE")
          tables[heading.textContent] = [...heading.nextElementSibling.rows].map((row) =>
            [...row.cells].map((cell) => cell.innerText));
    }
    found.reports[name] = { problems: [...new Set(problems)], tables };
  }
  return found;
}
