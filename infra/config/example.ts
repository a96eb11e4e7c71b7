import type { ConfigInput } from "../../functions/runtime/config.ts";

/**
 * The least that a team needs: two repositories with an image each, no Matrix, no Copr, no monorepo, no weekly post.
 * `npm start -- --yes --config example` rehearses it. Ids and addresses are placeholders.
 */
export const example: ConfigInput = {
  service: "Inventory",
  schedule: { weekday: "tuesday", time: "09:30", timeZone: "America/New_York" },
  freeze: { country: "US" },
  people: [
    { name: "Kim", github: "kim-inventory", slack: "U00000KIM", approver: true },
    { name: "Lee", github: "lee-inventory", slack: "U00000LEE", approver: true },
  ],
  duty: {
    repository: "inventory/planning",
    label: "duty",
    title: "Release captain",
    backup: "lee-inventory",
  },
  github: { owner: "inventory" },
  repositories: [
    {
      name: "catalog",
      versionKey: "catalog",
      build: {
        workflow: ".github/workflows/images.yml",
        dispatch: true,
        images: [{ name: "catalog", uniqueTag: "stable-{sha7}", stream: "catalog" }],
      },
    },
    {
      name: "storefront",
      waitsFor: [{ repository: "catalog", until: "moved" }],
      build: {
        workflow: ".github/workflows/images.yml",
        dispatch: true,
        images: [{ name: "storefront", uniqueTag: "stable-{sha7}", stream: "storefront" }],
      },
    },
  ],
  quay: { namespace: "inventory" },
  clusters: {
    production: {
      apiUrl: "https://api.production.example.com:6443",
      namespace: "inventory-prod",
      tag: "prod",
      serviceUrl: "https://inventory.example.com",
    },
    staging: {
      apiUrl: "https://api.staging.example.com:6443",
      namespace: "inventory-staging",
      tag: "staging",
      serviceUrl: "https://staging.inventory.example.com",
    },
  },
  slack: { channel: "C00INVENTORY" },
};
