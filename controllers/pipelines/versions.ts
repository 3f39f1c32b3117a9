/** The API versions in which subjects are written. Identity takes only the group of them. */
export const KONFLUX = 'appstudio.redhat.com/v1alpha1';
export const PIPELINES_AS_CODE = 'pipelinesascode.tekton.dev/v1alpha1';
export const TEKTON = 'tekton.dev/v1';

/** What is watched and read: the first version that the server serves. */
export const TEKTON_VERSIONS = ['tekton.dev/v1', 'tekton.dev/v1beta1'] as const;
export const SCENARIO_VERSIONS = [
  'appstudio.redhat.com/v1beta2',
  'appstudio.redhat.com/v1beta1',
  'appstudio.redhat.com/v1alpha1',
] as const;
