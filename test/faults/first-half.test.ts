import { faultSuite } from "../support/fault-suite.ts";

faultSuite(0, 2);
