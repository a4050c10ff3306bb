// Walks over parsed scripts of cmd.exe.

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
      case 'if':
        yield* allNodes(node.otherwise ? [node.body, node.otherwise] : [node.body]);
        break;
      case 'for':
        yield* allNodes([node.body]);
        break;
    }
  }
}
