import { Background, BackgroundVariant, ReactFlow, ViewportPortal, useReactFlow, useStore, type NodeTypes } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { memo, useEffect, useMemo, useRef, type KeyboardEvent } from "react";
import { t } from "../texts";
import { useGraph } from "./context";
import { barsOf } from "./bars";
import { EdgeLayer } from "./EdgeLayer";
import { GroupBox, GroupName } from "./GroupBox";
import type { Layout, Placed } from "./layout";
import { Minimap, useVersion } from "./Minimap";
import { farBelow, firstView, sightOf, type Sight } from "./sight";
import { isArrow, step } from "./steps";
import { FoldedNode, TaskNode, type GraphNode } from "./TaskNode";
import { Tools } from "./Tools";
import type { Visible } from "./visible";

const nodeTypes: NodeTypes = { task: TaskNode, folded: FoldedNode, name: GroupName };
const MIN_ZOOM = 0.02;

type Props = { layout: Layout; shown: Visible; width: number; height: number; at: string | null /* what to open at */; anchor: string | null; onPane: () => void };

// A layout on the screen: React Flow moves it and has the nodes in sight; edges and boxes are drawn below them.
export function Canvas({ layout, shown, width, height, at, anchor, onPane }: Props) {
  const start = useRef(firstView(layout, width, height, middle(at === null ? undefined : layout.nodes.get(at))));
  const sight = useSight(layout.nodes.size, width, height, start.current);
  const nodes = useNodes(layout, shown, sight);
  useAnchor(layout, anchor);
  const keys = useArrowKeys(layout);
  return (
    <div className="gv-canvas" role="group" aria-label={t("graph.name", { n: layout.nodes.size })} onKeyDown={keys}>
      <ReactFlow nodes={nodes} edges={none} nodeTypes={nodeTypes} defaultViewport={start.current} minZoom={MIN_ZOOM} maxZoom={2} nodesDraggable={false} nodesConnectable={false}
        nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} disableKeyboardA11y deleteKeyCode={null} selectionKeyCode={null} multiSelectionKeyCode={null}
        panActivationKeyCode={null} zoomActivationKeyCode={null} proOptions={quiet} onPaneClick={onPane} elevateNodesOnSelect={false}>
        <Background variant={BackgroundVariant.Dots} gap={16} size={1} />
        <ViewportPortal>
          {sight.far ? null : [...layout.boxes].map(([id, box]) => (inSight(box, sight) ? <GroupBox key={id} groupId={id} {...box} /> : null))}
          <EdgeLayer layout={layout} sight={sight} labels={!sight.far} />
          {sight.far ? <Far layout={layout} /> : null}
        </ViewportPortal>
      </ReactFlow>
      <Tools layout={layout} />
      <Minimap layout={layout} />
    </div>
  );
}
const none: never[] = [];
const quiet = { hideAttribution: true };
const middle = (placed: Placed | undefined) => (placed ? { x: placed.x + placed.w / 2, y: placed.y + placed.h / 2 } : null);
const inSight = ({ x, y, w, h }: Placed, sight: Sight) => x + w >= sight.left && x <= sight.right && y + h >= sight.top && y <= sight.bottom;

const Far = memo(function Far({ layout }: { layout: Layout }) {
  const { states } = useGraph();
  const version = useVersion(layout.nodes.size);
  const bars = useMemo(() => barsOf(layout, states, 1), [layout, states, version]);
  return <svg className="gv-edges" aria-hidden="true">{bars.map(({ kind, d }) => <path key={kind} className={kind} d={d} />)}</svg>;
});

type Seen = Sight & { far: boolean };

function useSight(nodes: number, width: number, height: number, first: { x: number; y: number; zoom: number }): Seen {
  const key = useStore((store) => {
    const [x, y, zoom] = store.width > 0 ? store.transform : [first.x, first.y, first.zoom];
    const w = store.width || width, h = store.height || height;
    const { left, top, right, bottom } = sightOf(x, y, zoom, w, h);
    return [left, top, right, bottom, zoom < farBelow(nodes, w, h) ? 1 : 0].join(" ");
  });
  return useMemo(() => {
    const [left, top, right, bottom, far] = key.split(" ").map(Number) as [number, number, number, number, number];
    return { left, top, right, bottom, far: far === 1 };
  }, [key]);
}

// The nodes in sight, each the same object as long as the layout stands.
function useNodes(layout: Layout, shown: Visible, sight: Seen): GraphNode[] {
  const all = useMemo(() => {
    const made: { placed: Placed; node: GraphNode }[] = [];
    const add = (id: string, type: string, label: string, placed: Placed) => made.push({
      placed,
      node: { id, type, data: { label }, position: { x: placed.x, y: placed.y }, width: placed.w, height: placed.h, measured: { width: placed.w, height: placed.h }, zIndex: 3 },
    });
    for (const { id, folded, label } of shown.nodes) {
      const placed = layout.nodes.get(id);
      if (placed) add(id, folded ? "folded" : "task", label, placed);
    }
    for (const { id, label, w } of shown.boxes) {
      const box = layout.boxes.get(id);
      if (box) add(`b:${id}`, "name", label, { x: box.x + 8, y: box.y - 8, w: Math.min(w, box.w - 12), h: 16 });
    }
    return made;
  }, [layout, shown]);
  return useMemo(() => (sight.far ? none : all.filter(({ placed }) => inSight(placed, sight)).map(({ node }) => node)), [all, sight]);
}

// Another layout of the same graph: what was folded or opened stays where it was on the screen.
function useAnchor(layout: Layout, anchor: string | null) {
  const { setViewport, getViewport } = useReactFlow();
  const before = useRef(layout);
  useEffect(() => {
    const old = before.current;
    before.current = layout;
    if (old === layout) return;
    const place = (one: Layout) => (anchor === null ? undefined : one.boxes.get(anchor) ?? one.nodes.get(`g:${anchor}`) ?? one.nodes.get(`t:${anchor}`));
    const was = place(old), is = place(layout);
    if (!was || !is) return;
    const { x, y, zoom } = getViewport();
    void setViewport({ x: x + (was.x + was.w / 2 - is.x - is.w / 2) * zoom, y: y + (was.y - is.y) * zoom, zoom });
  }, [layout, anchor, getViewport, setViewport]);
}

function useArrowKeys(layout: Layout) {
  const { marks } = useGraph();
  const { setCenter, getViewport } = useReactFlow();
  const width = useStore((store) => store.width), height = useStore((store) => store.height);
  return (event: KeyboardEvent) => {
    if (!isArrow(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const to = step(layout, marks.get().focused ?? "", event.key);
    const placed = to === null ? undefined : layout.nodes.get(to);
    if (to === null || !placed) return;
    const { x, y, zoom } = getViewport();
    const left = placed.x * zoom + x, top = placed.y * zoom + y;
    const out = left < 8 || top < 8 || left + placed.w * zoom > width - 8 || top + placed.h * zoom > height - 8;
    if (out) void setCenter(placed.x + placed.w / 2, placed.y + placed.h / 2, { zoom: Math.max(zoom, 0.7) });
    marks.set({ ...marks.get(), focused: to, wanted: true });
  };
}
