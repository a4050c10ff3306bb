"""Reads a boot store with hivex's Python binding and prints it as JSON: the second opinion of other-reader.test.ts.

usage: store-dump.py <file>     prints {"{guid}": {"type": n, "elements": [["key name", [registry type, "hex"]]]}}
"""

import json
import sys

import hivex


def value_of(hive, node, name):
    for value in hive.node_values(node):
        if hive.value_key(value).lower() == name.lower():
            kind, data = hive.value_value(value)
            return [kind, data.hex()]
    return None


def main(path):
    hive = hivex.Hivex(path)
    objects = hive.node_get_child(hive.root(), "Objects")
    store = {}
    for node in hive.node_children(objects) if objects else []:
        description = hive.node_get_child(node, "Description")
        kind = value_of(hive, description, "Type") if description else None
        elements = hive.node_get_child(node, "Elements")
        store[hive.node_name(node)] = {
            "type": int.from_bytes(bytes.fromhex(kind[1]), "little") if kind else None,
            "elements": [
                [hive.node_name(element), value_of(hive, element, "Element")]
                for element in (hive.node_children(elements) if elements else [])
            ],
        }
    json.dump(store, sys.stdout)


main(sys.argv[1])
