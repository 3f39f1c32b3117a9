export {
  type AuthenticationConfig,
  type CurrentAuthenticationConfig,
  clientCertificatesOnly,
  parseAuthenticationConfig,
} from './authentication-config.ts';
export {
  AUTHENTICATION_CONFIG_MAP,
  type AuthenticationConfigSource,
  AuthenticationConfiguration,
} from './authentication-config-watch.ts';
export { createAuthenticator } from './authenticator.ts';
export { createAuthorizer } from './authorizer.ts';
export { bearerTokenAuthenticator } from './bearer-token.ts';
export {
  type ClusterApi,
  ClusterApiError,
  type ClusterConnection,
  createClusterApi,
  type OwningClusterApi,
  type WritingClusterApi,
} from './cluster-api.ts';
export {
  type CredentialAuthenticator,
  type CredentialResult,
  certificateCredentials,
} from './credentials.ts';
export { type Grant, type LocalAuthorizer, localAuthorizer } from './local-authorizer.ts';
export { subjectAccessReviewAuthorizer } from './subject-access-review.ts';
export {
  AccessUnavailable,
  ANONYMOUS,
  type Attributes,
  type Authentication,
  type Authenticator,
  type Authorizer,
  type Decision,
  MASTERS,
  type NonResourceAttributes,
  type ResourceAttributes,
  type ReviewObserver,
  type UserInfo,
} from './types.ts';
