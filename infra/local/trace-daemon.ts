import { createSocket } from "node:dgram";
import { once } from "node:events";

/** What Lambda's X-Ray daemon is to a function: where the parts of its traces are sent to, over UDP. */
export interface TraceDaemon {
  /** AWS_XRAY_DAEMON_ADDRESS. */
  address: string;
  close(): Promise<void>;
}

/** @param onPart is told each part (JSON, as X-Ray documents it), without the datagram's header line. */
export async function startTraceDaemon(onPart: (json: string) => void): Promise<TraceDaemon> {
  const socket = createSocket("udp4", (datagram) => {
    const [, json] = datagram.toString("utf8").split("\n", 2);
    if (json) onPart(json);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    close: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}
