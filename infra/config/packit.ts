import type { ConfigInput } from "../../functions/runtime/config.ts";

/**
 * The Packit team's deployment. Another team copies this file and changes the values.
 * People's Slack and Matrix ids are not public: the admin fills them in before the first deployment.
 */
const images = ".github/workflows/build-and-push.yml";

export const packit: ConfigInput = {
  service: "Packit Service",
  schedule: { weekday: "monday", time: "13:00", timeZone: "Europe/Prague", windowMinutes: 120 },
  freeze: {
    country: "CZ",
    dates: [{ from: "2026-12-21", to: "2027-01-03", reason: "end-of-year shutdown" }],
  },
  people: [
    { name: "Ada", github: "ada-packit", slack: "U00000ADA", matrix: "@ada:fedora.im", approver: true },
    { name: "Ben", github: "ben-packit", slack: "U00000BEN", matrix: "@ben:fedora.im", approver: true },
    { name: "Cleo", github: "cleo-packit", slack: "U0000CLEO", matrix: "@cleo:fedora.im", approver: true },
    { name: "Dana", github: "dana-packit", slack: "U0000DANA", matrix: "@dana:fedora.im" },
  ],
  duty: { repository: "packit/agile", label: "kind/role", title: "Service Guru", backup: "ben-packit" },
  github: {
    owner: "packit",
    monorepo: { name: "production-monorepo", message: "chore: weekly deployment" },
  },
  repositories: [
    { name: "ogr", rpm: "python-ogr", versionKey: "ogr", blog: true },
    { name: "specfile", rpm: "python-specfile", versionKey: "specfile", blog: true },
    {
      name: "packit",
      rpm: "packit",
      versionKey: "packit",
      blog: true,
      waitsFor: [
        { repository: "ogr", until: "rpm" },
        { repository: "specfile", until: "rpm" },
      ],
    },
    {
      name: "packit-service-fedmsg",
      build: {
        workflow: images,
        dispatch: true,
        images: [
          { name: "packit-service-fedmsg", uniqueTag: "stable-{sha7}", stream: "packit-service-fedmsg" },
        ],
      },
    },
    { name: "sandcastle", build: { workflow: images, dispatch: true, images: [{ name: "sandcastle" }] } },
    {
      name: "dashboard",
      blog: true,
      build: {
        workflow: images,
        dispatch: false,
        images: [{ name: "dashboard", uniqueTag: "stable-{sha7}", stream: "packit-dashboard" }],
      },
    },
    {
      name: "packit-service",
      blog: true,
      versionKey: "packit_service",
      migrations: "alembic/versions/",
      waitsFor: [
        { repository: "packit", until: "rpm" },
        { repository: "ogr", until: "rpm" },
        { repository: "specfile", until: "rpm" },
        { repository: "sandcastle", until: "moved" },
      ],
      build: {
        workflow: ".github/workflows/rebuild-and-push-images.yml",
        dispatch: true,
        images: ["packit-service", "packit-worker"].map((name) => ({
          name,
          runsMigrations: name === "packit-service",
          architectures: ["amd64", "arm64"],
          uniqueTag: "stable-{sha7}-{epoch}",
          stream: name,
        })),
      },
    },
    {
      name: "tokman",
      moved: false,
      build: { workflow: images, dispatch: false, images: [{ name: "tokman", stream: "tokman" }] },
    },
    {
      name: "hardly",
      moved: false,
      build: { workflow: images, dispatch: false, images: [{ name: "hardly" }] },
    },
  ],
  quay: { namespace: "packit" },
  copr: { owner: "packit", project: "packit-stable" },
  clusters: {
    production: {
      apiUrl: "https://api.production.example.com:6443",
      namespace: "packit--prod",
      tag: "prod",
      serviceUrl: "https://prod.packit.dev",
      metricsUrl: "https://workers.packit.dev/flower-metrics",
    },
    staging: {
      apiUrl: "https://api.staging.example.com:6443",
      namespace: "packit--stg",
      tag: "stg",
      serviceUrl: "https://stg.packit.dev",
      metricsUrl: "https://workers.stg.packit.dev/flower-metrics",
    },
  },
  slack: { channel: "C000PACKIT" },
  matrix: { homeserverUrl: "https://fedora.ems.host", room: "!packit:fedora.im" },
  health: {
    validation: {
      repository: "packit/hello-world",
      titlePrefix: "Basic test case",
      apps: { staging: "packit-as-a-service-stg[bot]", production: "packit-as-a-service[bot]" },
    },
    // The workers' own /metrics counts builds and tests; what waits and runs is told by Flower's, beside it.
    queues: {
      metric: "flower_worker_prefetched_tasks",
      label: "worker",
      activeMetric: "flower_worker_number_of_currently_executing_tasks",
      workerImage: "packit-worker",
    },
  },
  sentry: { organization: "packit", environments: { staging: "stg", production: "prod" } },
  objects: { service: "packit", vault: { note: "! Changelog !" } },
  mastodon: { instanceUrl: "https://fosstodon.org" },
  cleanup: {
    images: ["packit", "packit-service-tests"],
    rules: [
      { tags: "main-{sha7}", keep: 10 },
      { tags: "stable-{sha7}", keep: 10 },
      { tags: "stable-{sha7}-{epoch}", keep: 10 },
    ],
  },
  firewall: {
    justification:
      "Packit Service works with projects at these hosts: it reads their sources and reports to them.",
  },
  post: {
    repository: "packit.dev",
    order: ["packit", "packit-service", "dashboard", "ogr", "specfile"],
    libraries: ["ogr", "specfile"],
  },
  news: { siteUrl: "https://packit.dev" },
};
