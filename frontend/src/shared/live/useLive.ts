import { onScopeDispose, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { useLiveStore } from './live.store'
import type { TopicHandlers } from './socket'

/** Hear a topic while the component lives. `null`: none for now. */
export function useLive<E>(topic: MaybeRefOrGetter<string | null>, handlers: TopicHandlers<E>): void {
  const live = useLiveStore()
  let leave = () => {}
  watch(
    () => toValue(topic),
    (name) => {
      leave()
      leave = name === null ? () => {} : live.join(name, handlers)
    },
    { immediate: true },
  )
  onScopeDispose(() => leave())
}
