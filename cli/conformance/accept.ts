/** Media types that clients of the Kubernetes API ask for. */
export const JSON_TYPE = 'application/json';
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
export const TABLE_BETA = 'application/json;as=Table;v=v1beta1;g=meta.k8s.io';
export const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
export const AGGREGATED_DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
export const OPENAPI_V3_PROTOBUF = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf';
