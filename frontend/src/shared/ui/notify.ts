import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'

import { ElMessage, ElMessageBox } from 'element-plus'

/** So far from the top edge it lies over the bar, and not over what the page is about. */
const BESIDE_CONTENT_PX = 6

/** A sentence that goes away by itself. Clicks go through it. */
export function notify(message: string, type: 'success' | 'error' = 'success'): void {
  ElMessage({
    message,
    type,
    grouping: true,
    offset: BESIDE_CONTENT_PX,
    duration: type === 'error' ? 6000 : 3000,
    showClose: type === 'error',
  })
}

/** Whether the person says yes to something that can't be undone. Escape and a click beside it mean no. */
export async function confirmDanger(words: {
  title: string
  message: string
  yes: string
  no: string
}): Promise<boolean> {
  const answer = ElMessageBox.confirm(words.message, words.title, {
    confirmButtonText: words.yes,
    cancelButtonText: words.no,
    confirmButtonClass: 'el-button--danger',
    autofocus: false,
  })
  return answer.then(
    () => true,
    () => false,
  )
}
