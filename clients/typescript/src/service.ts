// One instance of a service: what every call needs, once.

import { type CallOptions, type Send, sender } from './calls.js';
import { type Client, createClient, createConfig } from './generated/client/index.js';
import { problemOf } from './problem.js';

/** Where the service is, and for whom it is called. */
export interface ServiceOptions extends CallOptions {
  /** Such as `https://export.example.com`. */
  url: string;
  /** Id of the Customer Insights instance. */
  instanceId: string;
}

/** An instance of a service. */
export interface Service {
  /** For the generated functions: `listRuns({ ...service.at() })`, `getRun({ ...service.at({ id }) })`. */
  at<Path extends object>(path?: Path): { client: Client; path: Path & { instanceId: string } };
  /** The address below the instance, such as `/runs`. */
  address(path: string): URL;
  send: Send;
}

/** Makes the service whose calls all carry the token, and whose refusals are a `ProblemError`. */
export function createService(options: ServiceOptions): Service {
  const { url, instanceId } = options;
  const baseUrl = url.replace(/\/$/, '');
  const send = sender(options);
  const once: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    // Members may be large: a copy of them for another attempt would fill the memory.
    const isRepeatable = [null, 'application/json'].includes(request.headers.get('Content-Type'));
    return send(() => (isRepeatable ? request.clone() : request), isRepeatable);
  };
  const client = createClient(createConfig({ baseUrl, fetch: once, throwOnError: true }));
  client.interceptors.error.use((error, response) => (response === undefined ? error : problemOf(response, error)));
  const at = <Path extends object>(path?: Path) => {
    return { client, path: { instanceId, ...path } as Path & { instanceId: string } };
  };
  return { at, address: (path) => new URL(`${baseUrl}/v1/instances/${instanceId}${path}`), send };
}
