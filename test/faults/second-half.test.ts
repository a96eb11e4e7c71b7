import { faultSuite } from "../support/fault-suite.ts";

faultSuite(1, 2);
