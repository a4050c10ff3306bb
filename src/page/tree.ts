// The tree of keys: only the rows that can be seen are in the page, however many keys are open.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { printable } from '../base/text.ts';
import { namesOf, type Row, rows, selected, selectedRow, setOpen } from './state.ts';

const ROW_PX = 26;
const SPARE_ROWS = 10;

export function Tree(): ComponentChild {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  const list = rows.value;
  const at = selectedRow.value;
  useEffect(() => {
    const element = box.current!;
    const watch = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current!;
    if (at * ROW_PX < element.scrollTop) element.scrollTop = at * ROW_PX;
    else if ((at + 1) * ROW_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = (at + 1) * ROW_PX - element.clientHeight;
    }
  }, [at]);
  const first = Math.max(0, Math.floor(top.value / ROW_PX) - SPARE_ROWS);
  const shown = list.slice(first, first + Math.ceil(height.value / ROW_PX) + 2 * SPARE_ROWS);
  return h(
    'div',
    {
      class: 'tree',
      role: 'tree',
      'aria-label': 'Keys',
      tabIndex: 0,
      'aria-activedescendant': at >= first && at < first + shown.length ? `row-${at}` : undefined,
      ref: box,
      onScroll: () => {
        top.value = box.current!.scrollTop;
      },
      onKeyDown: (event: KeyboardEvent) => move(event, list, at),
    },
    h(
      'div',
      { role: 'presentation', class: 'rows', style: { height: `${list.length * ROW_PX}px` } },
      shown.map((row, i) => rowOf(row, first + i, first + i === at)),
    ),
  );
}

function rowOf(row: Row, index: number, isSelected: boolean): ComponentChild {
  const { name, known, depth, hasKeys, isOpen, id } = row;
  const place = { top: `${index * ROW_PX}px`, paddingLeft: `${depth * 16 + 6}px` };
  return h(
    'div',
    {
      key: id,
      id: `row-${index}`,
      role: 'treeitem',
      class: 'row',
      style: place,
      'aria-level': depth + 1,
      'aria-selected': isSelected,
      'aria-expanded': hasKeys ? isOpen : undefined,
      onClick: () => {
        selected.value = namesOf(row);
      },
      onDblClick: () => setOpen(row, !isOpen),
    },
    h(
      'span',
      {
        class: 'knob',
        'aria-hidden': true,
        onClick: (event: Event) => {
          event.stopPropagation();
          setOpen(row, !isOpen);
        },
      },
      hasKeys ? (isOpen ? '▾' : '▸') : '',
    ),
    h('bdi', {}, depth === 0 ? '(root)' : printable(name)),
    known === '' ? null : h('bdi', { class: 'known' }, printable(known)),
  );
}

function move(event: KeyboardEvent, list: readonly Row[], at: number): void {
  const row = list[at];
  const go = (to: number): void => {
    const target = list[Math.min(Math.max(to, 0), list.length - 1)];
    if (target) selected.value = namesOf(target);
  };
  const page = 20;
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at - 1),
    PageDown: () => go(at + page),
    PageUp: () => go(at - page),
    Home: () => go(0),
    End: () => go(list.length - 1),
    ArrowRight: () => (row?.isOpen ? go(at + 1) : row?.hasKeys && setOpen(row, true)),
    ArrowLeft: () => {
      if (row?.isOpen) setOpen(row, false);
      else if (row?.parent) selected.value = namesOf(row.parent);
    },
  };
  const act = moves[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
