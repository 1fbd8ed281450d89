import { defineAsyncComponent } from 'vue'

import EditorLoading from './EditorLoading.vue'

export type { Flaw } from './diagnostics'
export type { CodeLanguage } from './languages'

/** The editor's library is large: a page fetches it when the first editor is shown. */
export const CodeEditor = defineAsyncComponent({
  loader: () => import('./CodeEditor.vue'),
  loadingComponent: EditorLoading,
  delay: 0,
})

export const DiffView = defineAsyncComponent({
  loader: () => import('./DiffView.vue'),
  loadingComponent: EditorLoading,
  delay: 0,
})
