import type { ElkNode, ElkExtendedEdge } from "elkjs/lib/elk-api";
import type { Layout } from "./layout";
import type { Point } from "./path";
import { textWidth, type Visible } from "./visible";

// A visible graph as ELK wants it, and its answer as a layout.

const rootOptions = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES", // as the tasks stand in the grid
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.spacing.nodeNodeBetweenLayers": "20",
  "elk.layered.spacing.edgeNodeBetweenLayers": "10",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
  "elk.spacing.nodeNode": "24",
  "elk.spacing.edgeNode": "12",
  "elk.spacing.edgeEdge": "8",
  "elk.spacing.componentComponent": "28",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
};

export const LABEL_H = 16;
export const labelWidth = (label: string) => Math.round(Math.min(160, textWidth(label, 6.4) + 16));

export function toElk({ nodes, boxes, edges }: Visible): ElkNode {
  const root: ElkNode = { id: "root", layoutOptions: rootOptions, children: [], edges: [] };
  const parents = new Map<string | null, ElkNode>([[null, root]]);
  for (const box of boxes) {
    parents.set(box.id, {
      id: `b:${box.id}`, children: [],
      layoutOptions: {
        "elk.padding": "[top=16,left=13,bottom=14,right=13]",
        "elk.nodeSize.constraints": "MINIMUM_SIZE", "elk.nodeSize.minimum": `(${box.w + 16}, 40)`,
      },
    });
  }
  for (const box of boxes) (parents.get(box.parent) ?? root).children!.push(parents.get(box.id)!);
  for (const node of nodes) {
    (parents.get(node.parent) ?? root).children!.push({
      id: node.id, width: node.w, height: node.h, layoutOptions: { "elk.portConstraints": "FIXED_POS" },
      ports: [
        { id: `${node.id}\nin`, x: node.w / 2, y: 0, width: 0, height: 0, layoutOptions: { "elk.port.side": "NORTH" } },
        { id: `${node.id}\nout`, x: node.w / 2, y: node.h, width: 0, height: 0, layoutOptions: { "elk.port.side": "SOUTH" } },
      ],
    });
  }
  edges.forEach(({ from, to, label }, n) => {
    root.edges!.push({
      id: `e${n}`, sources: [`${from}\nout`], targets: [`${to}\nin`],
      ...(label === null ? {} : { labels: [{ id: `l${n}`, text: label, width: labelWidth(label), height: LABEL_H, layoutOptions: { "elk.edgeLabels.inline": "true" } }] }),
    } as ElkExtendedEdge);
  });
  return root;
}

// ELK lets a group reach down to the lane of the edges that leave it: it ends below its last node.
function trim(layout: Layout, node: ElkNode): number {
  let bottom = 0;
  for (const child of node.children ?? []) {
    const box = child.id.startsWith("b:") ? layout.boxes.get(child.id.slice(2)) : undefined;
    if (box) box.h = Math.min(box.h, trim(layout, child) + 14 - box.y);
    const placed = box ?? layout.nodes.get(child.id)!;
    bottom = Math.max(bottom, placed.y + placed.h);
  }
  return bottom;
}

type LaidOutEdge = ElkExtendedEdge & { container?: string };

export function fromElk(root: ElkNode, { edges }: Visible): Layout {
  const layout: Layout = { nodes: new Map(), boxes: new Map(), edges: [], w: root.width ?? 0, h: root.height ?? 0, by: "elk" };
  const origins = new Map<string, Point>([["root", [0, 0]]]);
  const walk = (node: ElkNode, x: number, y: number) => {
    for (const child of node.children ?? []) {
      const placed = { x: Math.round(x + (child.x ?? 0)), y: Math.round(y + (child.y ?? 0)), w: Math.round(child.width ?? 0), h: Math.round(child.height ?? 0) };
      if (child.id.startsWith("b:")) {
        layout.boxes.set(child.id.slice(2), placed);
        origins.set(child.id, [placed.x, placed.y]);
        walk(child, placed.x, placed.y);
      } else layout.nodes.set(child.id, placed);
    }
  };
  walk(root, 0, 0);
  trim(layout, root);
  for (const edge of (root.edges ?? []) as LaidOutEdge[]) {
    const { from, to, label } = edges[Number(edge.id.slice(1))]!;
    const [x, y] = origins.get(edge.container ?? "root") ?? [0, 0]; // ELK counts from the group that holds both ends
    const points: Point[] = [];
    for (const section of edge.sections ?? []) {
      for (const point of [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]) points.push([x + point.x, y + point.y]);
    }
    const at = edge.labels?.[0];
    layout.edges.push({
      from, to, label, points,
      labelAt: at ? [x + (at.x ?? 0) + (at.width ?? 0) / 2, y + (at.y ?? 0) + (at.height ?? 0) / 2] : null,
    });
  }
  return layout;
}
