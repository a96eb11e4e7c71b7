import net from "node:net";

/** Tests talk to this machine alone: a connection to anywhere else is an error, not a skipped test. */
const loopback = new Set(["127.0.0.1", "::1", "localhost"]);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (this: net.Socket, ...parameters: unknown[]) {
  // Node normalises `connect(options)` into an array of [options, callback] before it gets here.
  const first = Array.isArray(parameters[0]) ? parameters[0][0] : parameters[0];
  const host =
    typeof first === "object" && first !== null ? (first as net.TcpSocketConnectOpts).host : parameters[1];
  if (typeof host === "string" && !loopback.has(host)) {
    throw new Error(`A test tried to reach ${host}: tests stay on this machine.`);
  }
  return Reflect.apply(connect, this, parameters);
} as typeof connect;
