// The one set of icons: 16 px, 1.5 px stroke. Beside a text they are hidden from readers; alone, the button has the name.
const paths = {
  home: "M2.5 7.5L8 3l5.5 4.5M4 6.5V13h8V6.5",
  dags: "M2.5 4.5h3v3h-3zM10.5 2.5h3v3h-3zM10.5 10.5h3v3h-3zM5.5 6h2.5V4h2.5M8 6v6h2.5",
  runs: "M3 4h6M3 8h10M3 12h7",
  tasks: "M3 3h10v10H3zM5.5 8l1.8 1.8L10.8 6.2",
  database: "M3 4.5C3 3.4 5.2 2.5 8 2.5s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4.5v7c0 1.1 2.2 2 5 2s5-.9 5-2v-7M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  workers: "M3 3h10v4H3zM3 9h10v4H3zM5.2 5h.1M5.2 11h.1",
  queues: "M3 4h10M3 8h10M3 12h6",
  pools: "M2.5 6c1.4-1.3 2.6-1.3 3.7 0s2.3 1.3 3.6 0 2.4-1.3 3.7 0M2.5 10.5c1.4-1.3 2.6-1.3 3.7 0s2.3 1.3 3.6 0 2.4-1.3 3.7 0",
  warning: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.1",
  cluster: "M8 2.5l4.8 2.75v5.5L8 13.5l-4.8-2.75v-5.5zM8 8l4.5-2.6M8 8v5M8 8L3.5 5.4",
  variables: "M5 3C3.5 5.5 3.5 10.5 5 13M11 3c1.5 2.5 1.5 7.5 0 10M6.5 6.5l3 3M9.5 6.5l-3 3",
  connections: "M6.5 9.5l3-3M7.5 5l1.7-1.7a2.4 2.4 0 0 1 3.5 3.5L11 8.5M8.5 11l-1.7 1.7a2.4 2.4 0 0 1-3.5-3.5L5 7.5",
  users: "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zM3 13.5c.5-2.5 2.5-3.7 5-3.7s4.5 1.2 5 3.7",
  audit: "M4 2.5h6l2.5 2.5v8.5H4zM6.2 7h4M6.2 9.5h4",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3L13.5 13.5",
  globe: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM2.5 8h11M8 2.5c3.3 3.3 3.3 7.7 0 11M8 2.5c-3.3 3.3-3.3 7.7 0 11",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  again: "M12.5 6A5 5 0 1 0 13 9M13 3v3.2H9.8",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4L6 8l4 4",
  play: "M5 3.5v9l7.5-4.5z",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  folder: "M2.5 4h4l1.5 1.5h5.5v7h-11z",
  download: "M8 3v7M5 7.5l3 3 3-3M3 13h10",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  note: "M3 3h10v7l-3 3H3zM10 13v-3h3",
  stop: "M4 4h8v8H4z",
  clock: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 5v3.2l2 1.3",
  wrap: "M3 4h10M3 8h8.5a2 2 0 0 1 0 4H8M9.5 10.5L8 12l1.5 1.5M3 12h2",
  both: "M3 3h4v10H3zM9 3h4v10H9z",
  follow: "M8 3v8M4.5 8L8 11.5 11.5 8M3.5 13.5h9",
  close: "M4 4l8 8M12 4l-8 8",
  info: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 7v4M8 5h.1",
  star: "M8 2.5l1.7 3.6 3.8.5-2.8 2.7.7 3.9L8 11.3l-3.4 1.9.7-3.9L2.5 6.6l3.8-.5z",
  check: "M3.5 8.5l3 3 6-7",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  key: "M6.2 9.8a2.9 2.9 0 1 1-4.1-4.1 2.9 2.9 0 0 1 4.1 4.1zM7 7.8h6.5v2.7M10.8 7.8v2",
  logout: "M9.5 3H13v10H9.5M3 8h7M7.5 5.5L10 8l-2.5 2.5",
};

export type IconName = keyof typeof paths;

export function Icon({ name, small, filled }: { name: IconName; small?: boolean; filled?: boolean }) {
  return (
    <svg className={small ? "i s14" : "i"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} style={filled ? { fill: "currentColor" } : undefined} />
    </svg>
  );
}
