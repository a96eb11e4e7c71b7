/** The part of dynalite that we use; it brings no types of its own. */
declare module "dynalite" {
  import type { Server } from "node:http";

  export interface DynaliteOptions {
    /** Folder of the database on disk; without it, it lives in memory. */
    path?: string;
    /** How long a table takes to become active, in milliseconds; 500 unless told. */
    createTableMs?: number;
    updateTableMs?: number;
    deleteTableMs?: number;
  }

  /** Closing the server closes the database too. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
