import type { Component } from 'vue'
import type { RouteRecordRaw } from 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown to whoever comes, without the shell. */
    isOpen?: boolean
    /** Catalogue key of what the page is called, for the window's title and the way back. */
    title?: string
    /** Name of the page above this one: breadcrumbs are made of it. */
    above?: string
  }
}

/** A line of the main navigation; the command palette offers it, too. */
export interface NavEntry {
  /** Name of the route. */
  to: string
  section: 'overview' | 'operate' | 'manage'
  /** Catalogue key. */
  label: string
  icon: Component
  /** Within its section, the smaller first. */
  order: number
}

/** What a feature brings into the frame. Each `features/<name>/feature.ts` exports one as its default. */
export interface Feature {
  routes: RouteRecordRaw[]
  nav?: NavEntry[]
}
