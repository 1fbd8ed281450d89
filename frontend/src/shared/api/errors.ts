/** One field of a request that the server refused. */
export interface FieldProblem {
  field: string
  code: string
  detail: string
}

interface Problem {
  code: string
  detail: string
  errors?: FieldProblem[]
  line?: unknown
  column?: unknown
}

/** A place in a text that was refused; both count from 1. */
export interface Place {
  line: number
  column: number
}

/**
 * A request that failed. `code` is stable and for programs; `detail` is a sentence in the language the request asked
 * for, empty when no server said anything.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    readonly detail: string = '',
    readonly errors: readonly FieldProblem[] = [],
    /** How long the server asks to wait, in seconds. */
    readonly retryAfterSeconds: number | null = null,
    /** Where in a source the fault is, when the server says so. */
    readonly place: Place | null = null,
  ) {
    super(`${status} ${code}${detail && `: ${detail}`}`)
  }

  static network(): ApiError {
    return new ApiError(0, 'network')
  }

  /** Reads an answer that is not ok. What is not a problem document (a proxy's page, say) becomes `http`. */
  static async of(response: Response): Promise<ApiError> {
    const wait = secondsOf(response.headers.get('Retry-After'))
    const problem = await readProblem(response)
    return problem
      ? new ApiError(response.status, problem.code, problem.detail, problem.errors, wait, placeOf(problem))
      : new ApiError(response.status, 'http', '', [], wait)
  }
}

function placeOf({ line, column }: Problem): Place | null {
  return typeof line === 'number' && typeof column === 'number' ? { line, column } : null
}

async function readProblem(response: Response): Promise<Problem | null> {
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) return null
  try {
    const body = await response.json()
    return typeof body?.code === 'string' && typeof body?.detail === 'string' ? body : null
  } catch {
    return null
  }
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(header: string | null): number | null {
  if (!header) return null
  if (/^\d+$/.test(header.trim())) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}
