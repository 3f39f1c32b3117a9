/**
 * A command as it runs in a pod: with the files of a service account where kubelet mounts them, in a mount namespace
 * of its own, so that this machine's /run stays as it is. Needs root, and `unshare` of util-linux.
 */
export function asInPod(serviceAccountFolder: string, command: string, args: readonly string[]) {
  return {
    command: 'unshare',
    args: ['--mount', '--propagation', 'private', 'sh', '-c', MOUNT, 'sh', serviceAccountFolder, command, ...args],
  };
}

// Every step replaces the process before it, so the pid stays the one that was started.
const MOUNT = `
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/secrets/kubernetes.io
cp -r "$1" /run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"`;
