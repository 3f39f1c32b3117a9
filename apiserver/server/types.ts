import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { Registry } from 'prom-client';
import type { AuthenticationConfig } from '../kube/access/authentication-config.ts';
import type { Authenticator, Authorizer, UserInfo } from '../kube/access/types.ts';
import type { DebugPages } from '../rest/debug.ts';
import type { HealthCheck } from '../rest/health.ts';
import type { ListenAddress, ServingCertificate } from './listener.ts';

/** The part of pino that the server uses. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the server needs of the Kubernetes API (`KubeApi` of `apiserver/kube`). It authorizes what it serves; the server has authenticated before. */
export interface KubernetesEndpoint {
  readonly middleware: Middleware;
  /** WebSocket watches (W12). Authenticates and authorizes by itself; owns the socket from then on. */
  readonly handleUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void | Promise<void>;
  /** Ends open watches cleanly, spread over about so many ms, so that their clients do not all come back at once. */
  readonly endWatches?: (spreadMs: number) => void | Promise<void>;
}

export interface ServerOptions {
  readonly tls: ServingCertificate;
  readonly listen: ListenAddress;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Whom certificates and the front proxy speak for; not ready while it is not loaded. */
  readonly clientAuthorities: { readonly current: AuthenticationConfig | undefined };
  readonly kube: KubernetesEndpoint;
  /** `/api/v1`, `/docs`: asked in order, before kube. Behind authentication; each authorizes what it serves. */
  readonly rest?: readonly Middleware[];
  /** Asked in order before authentication: each says by itself whom it believes (webhooks that sign). */
  readonly unauthenticated?: readonly Middleware[];
  /** `selfReviews`, where no cluster is behind this server that would answer "may I?". */
  readonly selfReviews?: Middleware;
  /** Besides ping, tls, authentication-config and shutdown. */
  readonly ready?: readonly HealthCheck[];
  readonly live?: readonly HealthCheck[];
  readonly logger: Logger;
  /** Served at `/metrics` to whom the authorizer allows it. */
  readonly metrics?: Registry;
  /** Served below `/debug` to whom the authorizer allows each path. Default: nothing is. */
  readonly debug?: DebugPages;
  readonly shutdown?: ShutdownOptions;
}

/**
 * How to stop (X2). In a cluster, `propagationMs` is how long the Service may still send requests here after
 * `/readyz` began to fail, and terminationGracePeriodSeconds is above the sum of both.
 */
export interface ShutdownOptions {
  /** Default: 0. */
  readonly propagationMs?: number;
  /** For running requests and watches to end. Default: 1,000. */
  readonly drainMs?: number;
}

/** What the server's middlewares leave in `ctx.state` for those behind them. */
export interface RequestState {
  /** Set by the server before anything but health is asked. */
  user: UserInfo;
  /** kube-apiserver's, else a random one. */
  auditId: string;
}
