// Walks over parsed scripts.

import type { CommandNode, Node } from './script.ts';

/** Every command of some nodes, in the order of the script, those in bodies and branches among them. */
export function* commandsIn(nodes: Iterable<Node>): Generator<CommandNode> {
  for (const node of allNodes(nodes)) if (node.kind === 'command') yield node;
}

export function* allNodes(nodes: Iterable<Node>): Generator<Node> {
  for (const node of nodes) {
    yield node;
    switch (node.kind) {
      case 'chain':
        yield* allNodes([node.left, node.right]);
        break;
      case 'group':
        yield* allNodes(node.nodes);
        break;
      case 'assign':
        if (node.value.kind === 'output') yield* allNodes([node.value.command]);
        break;
      case 'if':
        yield* allNodes(node.otherwise ? [node.body, node.otherwise] : [node.body]);
        break;
      case 'for':
      case 'each':
        yield* allNodes([node.body]);
        break;
    }
  }
}
