"""Clients as Python programs use them, for tests/e2e/clients.e2e.test.ts: the protocol is that of ../go/main.go."""

import functools
import json
import logging
import sys
import threading
import time
from types import SimpleNamespace

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.informer import SharedInformer

ISSUES = {"group": "faultline.dev", "version": "v1alpha1", "plural": "issues"}


def selection(spec):
    names = {"labelSelector": "label_selector", "fieldSelector": "field_selector"}
    return {names[key]: spec[key] for key in names if spec.get(key)}


def lister(api, spec):
    """The list method of the generated client, for a namespace or for all."""
    custom = client.CustomObjectsApi(api)
    if spec.get("namespace"):
        return functools.partial(custom.list_namespaced_custom_object, namespace=spec["namespace"], **ISSUES)
    return functools.partial(custom.list_cluster_custom_object, **ISSUES)


class Follower:
    """Lists, then streams with watch.Watch, and lists again when the API says 410: the loop that its docs leave to you."""

    def __init__(self, api, spec):
        self.name = spec["name"]
        self.lister = lister(api, spec)
        self.selection = selection(spec)
        self.lock = threading.Lock()
        self.objects = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        version = None
        while True:
            try:
                if version is None:
                    version = self.list()
                for event in self.stream(version):
                    version = self.apply(event)
            except ApiException as error:
                print(f"{self.name}: {error.status} {error.reason}", file=sys.stderr)
                if error.status == 410:
                    version = None
                    continue
            except Exception as error:  # a connection that broke: urllib3 has many names for it
                print(f"{self.name}: {error!r}", file=sys.stderr)
            time.sleep(1)

    def list(self):
        found = self.lister(**self.selection)
        self.replace(found["items"])
        return found["metadata"]["resourceVersion"]

    def stream(self, version):
        return watch.Watch().stream(self.lister, resource_version=version, timeout_seconds=300, **self.selection)

    def replace(self, items):
        with self.lock:
            self.objects = {key(item): item for item in items}

    def apply(self, event):
        item = event["raw_object"]
        with self.lock:
            if event["type"] in ("ADDED", "MODIFIED"):
                self.objects[key(item)] = item
            elif event["type"] == "DELETED":
                self.objects.pop(key(item), None)
        return item["metadata"]["resourceVersion"]

    def contents(self):
        with self.lock:
            return None if self.objects is None else list(self.objects.values())


class DynamicFollower(Follower):
    """The same with the dynamic client, which asks for bookmarks when told to."""

    def __init__(self, api, spec):
        self.resource = dynamic.DynamicClient(api).resources.get(
            api_version=f"{ISSUES['group']}/{ISSUES['version']}", kind="Issue"
        )
        self.namespace = spec.get("namespace") or None
        super().__init__(api, spec)

    def list(self):
        found = self.resource.get(namespace=self.namespace, **self.selection).to_dict()
        self.replace(found["items"])
        return found["metadata"]["resourceVersion"]

    def stream(self, version):
        return self.resource.watch(
            namespace=self.namespace,
            resource_version=version,
            timeout=300,
            allow_watch_bookmarks=True,
            **self.selection,
        )


class Informer:
    """kubernetes.informer.SharedInformer over custom objects, which it wants with attributes at the list's top."""

    def __init__(self, api, spec):
        listing = lister(api, spec)

        # Annotated, or watch.Watch would not read the resourceVersion of events.
        def list_or_watch(**options) -> object:
            answer = listing(**options)
            if options.get("watch"):
                return answer
            version = answer["metadata"]["resourceVersion"]
            return SimpleNamespace(items=answer["items"], metadata=SimpleNamespace(resource_version=version))

        self.informer = SharedInformer(list_or_watch, **selection(spec))
        self.informer.start()

    def contents(self):
        # None until its first list, which leaves the only sign outside its cache.
        return self.informer.cache.list() if self.informer._resource_version else None


KINDS = {"watch": Follower, "dynamic": DynamicFollower, "informer": Informer}


def key(item):
    return item["metadata"]["namespace"], item["metadata"]["name"]


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asked = json.loads(sys.argv[1])
    clients = {}
    for spec in asked["clients"]:
        api = config.new_client_from_config(asked["kubeconfig"])
        api.user_agent = spec["name"]
        clients[spec["name"]] = KINDS[spec["kind"]](api, spec)
    for _ in sys.stdin:
        print(json.dumps({name: each.contents() for name, each in clients.items()}), flush=True)


main()
