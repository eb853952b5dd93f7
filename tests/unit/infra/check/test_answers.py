"""What the cluster answered."""

from __future__ import annotations

from tests.recorded_cluster import recorded


def test_the_newest_revision_of_each_release_counts() -> None:
    newest = {one.name: one for one in recorded("healthy").newest()}
    assert newest.keys() == {"redis", "dask-gateway", "porta"}
    for one in recorded("healthy").releases:
        assert one.revision <= newest[one.name].revision


def test_objects_of_the_cluster_and_of_the_namespaces_are_apart() -> None:
    answers = recorded("healthy")
    assert {one["metadata"]["namespace"] for one in answers.of_kind("Pod")} == {
        "sedaro",
        "sedaro-gateway",
    }
    assert [one["metadata"]["name"] for one in answers.of_cluster("Node")] == ["node1"]
