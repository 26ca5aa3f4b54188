/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Somebody at the flame graph of tests/memprof/made.c's "small"; what it shows after each step goes into #log. */
const log = [];
const note = (name, value) => log.push(name + "=" + value);
const box = name => [...document.querySelectorAll("#chart div")].find(b => b.node && nameOf(b.node) === name);
const press = (key, to) => (to || document.activeElement).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

note("start", document.body.dataset.total);
box("work").click();
note("zoom", document.body.dataset.zoom);
press("Escape");
note("out", document.body.dataset.zoom);
box("all").focus();
press("ArrowDown");
note("down", nameOf(document.activeElement.node));
box("[cut]").click();
press("Escape");
box("server+0x1100").focus();
state.focus = box("server+0x1100").node;
press("Enter");
note("enter", Number(document.body.dataset.zoom) + Number(value(box("server+0x1100").node) === 6640) * 1024);
press("Backspace");
note("back", document.body.dataset.zoom);
press("f");
note("figure", document.body.dataset.total);
pickFigure(0);
press("i");
note("inverted", document.getElementById("invert").getAttribute("aria-pressed"));
box("work").click();
note("invertedzoom", document.body.dataset.zoom);
press("i");
press("Escape");
note("escape", document.body.dataset.zoom);
const field = document.getElementById("search");
field.value = "load";
field.dispatchEvent(new Event("input", { bubbles: true }));
note("search", document.getElementById("matched").textContent.split(" ")[1]);
document.documentElement.dataset.theme = "light";
press("t");
note("theme", document.documentElement.dataset.theme);

const pre = document.createElement("pre");
pre.id = "log";
pre.textContent = log.join("|");
document.body.append(pre);
