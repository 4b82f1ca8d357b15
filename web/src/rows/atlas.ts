import { isLoud, states, type State } from "../lib/state";
import { CELL } from "./window";

// The states' marks as pictures for the canvas, drawn from the page's one sprite with the theme's colours: the same shapes
// as <StateMark>, whatever those are.

export type Colours = Record<"fg" | "solid" | "tint" | "edge" | "on", string>;
export type Atlas = {
  scale: number;
  sunken: string; // the place of what is still read
  colours: Record<State, Colours>;
  mark: Record<State, HTMLCanvasElement>;
  counted: (state: State, text: string) => HTMLCanvasElement; // a mapped task's: its count in its state's colours
};

const SVG = "http://www.w3.org/2000/svg";
const of = (element: Element, name: string) => Number(element.getAttribute(name) ?? 0);

function outline(shape: Element): Path2D {
  if (shape.tagName === "path") return new Path2D(shape.getAttribute("d") ?? "");
  const drawn = new Path2D();
  if (shape.tagName === "circle") drawn.arc(of(shape, "cx"), of(shape, "cy"), of(shape, "r"), 0, 2 * Math.PI);
  else drawn.roundRect(of(shape, "x"), of(shape, "y"), of(shape, "width"), of(shape, "height"), of(shape, "rx"));
  return drawn;
}

function picture(scale: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(CELL * scale);
  const context = canvas.getContext("2d")!;
  context.scale(canvas.width / CELL, canvas.width / CELL);
  return [canvas, context];
}

function drawMark(context: CanvasRenderingContext2D, host: Element) {
  for (const shape of host.querySelectorAll("rect, path, circle")) {
    const style = getComputedStyle(shape);
    const drawn = outline(shape);
    if (style.fill !== "none") { context.fillStyle = style.fill; context.fill(drawn); }
    if (style.stroke === "none") continue;
    context.strokeStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth);
    context.lineCap = style.strokeLinecap as CanvasLineCap;
    context.lineJoin = style.strokeLinejoin as CanvasLineJoin;
    context.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
    context.stroke(drawn);
  }
}

function make(scale: number): Atlas {
  const colours = {} as Atlas["colours"], mark = {} as Atlas["mark"];
  // All of them are put into the page before the first is measured: the page's styles are made anew once, not for each.
  const whole = document.createElementNS(SVG, "svg");
  whole.style.cssText = "position:absolute;visibility:hidden;width:0;height:0";
  const hosts = states.map((state) => {
    const host = document.createElementNS(SVG, "g");
    host.setAttribute("class", `s-${state}`);
    for (const child of document.getElementById(`g-${state}`)?.children ?? []) host.append(child.cloneNode(true));
    whole.append(host);
    return [state, host] as const;
  });
  document.body.append(whole);
  for (const [state, host] of hosts) {
    const style = getComputedStyle(host);
    const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
    colours[state] = { fg: value("fg"), solid: value("solid"), tint: value("tint"), edge: value("edge"), on: value("on") };
    const [canvas, context] = picture(scale);
    drawMark(context, host);
    mark[state] = canvas;
  }
  whole.remove();
  const made = new Map<string, HTMLCanvasElement>();
  const counted = (state: State, text: string) => {
    const key = `${state} ${text}`;
    let canvas = made.get(key);
    if (!canvas) {
      if (made.size > 2000) made.clear();
      canvas = drawCount(scale, colours[state], isLoud(state), text);
      made.set(key, canvas);
    }
    return canvas;
  };
  return { scale, sunken: getComputedStyle(document.documentElement).getPropertyValue("--sunken").trim(), colours, mark, counted };
}

function drawCount(scale: number, { fg, solid, tint, edge, on }: Colours, loud: boolean, text: string): HTMLCanvasElement {
  const [canvas, context] = picture(scale);
  const box = new Path2D();
  box.roundRect(0.5, 0.5, 15, 15, 3);
  context.fillStyle = loud ? solid : tint;
  context.fill(box);
  context.strokeStyle = loud ? solid : edge;
  context.stroke(box);
  context.fillStyle = loud ? on : fg;
  context.font = `500 ${text.length > 2 ? 7.5 : 9.5}px ${getComputedStyle(document.documentElement).getPropertyValue("--mono")}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, 8, 8.5, 15);
  return canvas;
}

let kept: { key: string; atlas: Atlas } | undefined;
export function atlasOf(theme: string): Atlas {
  const scale = Math.min(window.devicePixelRatio || 1, 3);
  const key = `${theme} ${scale}`;
  if (kept?.key !== key) kept = { key, atlas: make(scale) };
  return kept.atlas;
}

// "12", "1k": what fits into a cell.
export const short = (n: number) => (n < 1000 ? String(n) : n < 100_000 ? `${Math.floor(n / 1000)}k` : "∞");
