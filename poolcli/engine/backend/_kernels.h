/* Inner loops over lines of numbers. They are written for the compiler to vectorise: one flat loop
   without a branch. Steps and lengths count numbers. */

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic", "no-thread-jumps")
#define AHEAD _Pragma("GCC ivdep")      /* what an iteration reads, no earlier one has written */
#elif defined(__clang__)
#define AHEAD _Pragma("clang loop vectorize(assume_safety)")
#elif defined(_MSC_VER)
#define AHEAD __pragma(loop(ivdep))
#endif

/* Hot loops are compiled for two generations of x86-64, one of which is chosen when loaded. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)          \
    && !defined(PLAIN)
#define HOT __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define HOT
#endif

#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#define RESTRICT __restrict__
#else
#define INLINE __forceinline
#define RESTRICT __restrict
#endif

#if defined(__GNUC__)
#define PRAGMA(text) _Pragma(#text)
#define UNROLL(n) PRAGMA(GCC unroll n)
#else
#define UNROLL(n)
#endif

/* Others are written for processors with AVX2: see `has_wide`. */
#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx2")))
#define WIDE_INLINE WIDE INLINE
#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are passed to what is inlined only */
#endif

#define EACH(i, n) for (ptrdiff_t i = 0; i < (n); i++)
#define ALONG(i, n) AHEAD EACH(i, n) /* without a look at whether lines have memory in common */

namespace {

/* How pixels become states, and two states one. Of equal extremes the later one stays, and NaN
   stays NaN. Sums of integers wrap. What states are merged by once they are made is `Again`. */

struct Max {
    using Again = Max;
    template <class S, class X> static INLINE S lift(X x) { return x; }
    template <class S> static INLINE S merge(const S &a, const S &b)
    {
        S larger = a > b ? a : b;
        return a != a ? a : larger;
    }
};

struct Min {
    using Again = Min;
    template <class S, class X> static INLINE S lift(X x) { return x; }
    template <class S> static INLINE S merge(const S &a, const S &b)
    {
        S smaller = a < b ? a : b;
        return a != a ? a : smaller;
    }
};

/* The unsigned type of a whole number, or the type itself. */
template <class S, bool whole> struct Unsigned {
    using type = std::make_unsigned_t<S>;
};
template <class S> struct Unsigned<S, false> {
    using type = S;
};

/* Signed sums are those of unsigned numbers, bit for bit, which may wrap. */
struct Add {
    using Again = Add;
    template <class S, class X> static INLINE S lift(X x) { return static_cast<S>(x); }
    template <class S> static INLINE S merge(S a, S b) { return static_cast<S>(a + b); }
};

/* Sums of squares or cubes: of magnitudes, or of numbers that are 1e-6 at the least. */
template <int N, bool floored> struct Power {
    using Again = Add;
    template <class S, class X> static INLINE S lift(X x)
    {
        S number = static_cast<S>(x), size = number < 0 ? -number : number;
        if (floored)
            size = number < S(1e-6) ? S(1e-6) : number; /* NaN stays NaN */
        return N == 3 ? size * size * size : size * size;
    }
    template <class S> static INLINE S merge(S a, S b) { return a + b; }
};

/* T(N) of the definition, where `tap(i)` is the state of tap i. Taps are read in order: where those of
   two rows were read the last first, memory gave 14 GB/s in place of 28. */
template <int N, class M, class Tap> INLINE auto tree(Tap tap)
{
    if constexpr (N == 1)
        return tap(0);
    else {
        constexpr int HALF = N % 2 ? N - 1 : N / 2;
        auto first = tree<HALF, M>(tap);
        auto second = tree<N - HALF, M>([=](int i) { return tap(i + HALF); });
        return M::merge(first, second);
    }
}

/* Windows whose taps are lines of `length` numbers, `tap` bytes apart. There are `count` windows,
   `window` bytes apart, and what they become is written `next` bytes apart. */
struct Lines {
    ptrdiff_t count, window, tap, length, next;
};

template <class T> INLINE const T *numbers(const char *x)
{
    return reinterpret_cast<const T *>(x);
}

template <class T> INLINE T *numbers(char *x) { return reinterpret_cast<T *>(x); }

constexpr int MOST = 4; /* taps that are folded in one loop */
/* The same where they are whole rows of a map: with four in turn memory was not read ahead, and
   maxima of 4 x 4 took 12 ms where they take 6.6 now. */
constexpr int STREAMS = 3;
constexpr ptrdiff_t PIECE = 1024;    /* bytes of a line that more taps are folded of at a time */
constexpr int LEVELS = 31;           /* halves of halves of a window */

inline bool has_wide()
{
#ifdef WIDE
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

/* Read a byte of each line of the cache. Memory is read ahead of rows that are read one after
   another: from huge pages, sums of three rows at once read 21 GB/s, and 29 after this. */
INLINE void touch(const char *x, ptrdiff_t bytes)
{
    for (ptrdiff_t at = 0; at < bytes; at += 64) (void)*static_cast<const volatile char *>(x + at);
}

/* Let the processor read memory that is needed soon; it does not matter whose it is. */
INLINE void expect(const void *x, ptrdiff_t bytes)
{
#if defined(__GNUC__)
    for (ptrdiff_t at = 0; at < bytes; at += 64)
        __builtin_prefetch(static_cast<const char *>(x) + at);
#endif
}

template <int N, class M, class X, class S>
INLINE void fold_taps(const char *x, const Lines &at, char *out)
{
    const ptrdiff_t tap = at.tap, length = at.length;
    for (ptrdiff_t count = at.count; count > 0; count--, x += at.window, out += at.next) {
        S *RESTRICT to = numbers<S>(out);
        ALONG(i, length)
            to[i] =
                tree<N, M>([=](int n) { return M::template lift<S>(numbers<X>(x + n * tap)[i]); });
    }
}

/* Windows of n <= MOST taps. */
template <class M, class X, class S>
INLINE void fold_few(const char *x, ptrdiff_t n, const Lines &at, char *out)
{
    switch (n) {
    case 1: return fold_taps<1, M, X, S>(x, at, out);
    case 2: return fold_taps<2, M, X, S>(x, at, out);
    case 3: return fold_taps<3, M, X, S>(x, at, out);
    case 4: return fold_taps<4, M, X, S>(x, at, out);
    }
}

/* Windows of n taps: T(n) of the definition. By the binary digits of n, windows of a few taps are
   folded one after another, and two of the same size become one as soon as there are two. */
template <class M, class X, class S>
HOT void fold_windows(const char *x, ptrdiff_t n, const Lines &lines, char *out)
{
    using Again = typename M::Again;
    S parts[LEVELS][PIECE / sizeof(S)];
    Lines at = lines, few = {1, 0, lines.tap, 0, 0};
    int digits = 0;
    const int few_taps = n == MOST && lines.count > 1 ? STREAMS : MOST;
    while (n >> digits > few_taps) digits++;
    if (at.window == at.length * ptrdiff_t(sizeof(X)) && at.next == at.length * ptrdiff_t(sizeof(S)))
        at.length *= at.count, at.count = 1; /* one long line */
    ptrdiff_t most = PIECE / ptrdiff_t(sizeof(S));
    if (!digits) {
        few = at;
        at.count = 1;
        most = at.length;
    }
    for (; at.count > 0; at.count--, x += at.window, out += at.next)
        for (ptrdiff_t from = 0; from < at.length; from += most) {
            const ptrdiff_t length = few.length = at.length - from < most ? at.length - from : most;
            const char *tap = x + from * ptrdiff_t(sizeof(X));
            S *to = numbers<S>(out) + from;
            for (ptrdiff_t part = 0; part < ptrdiff_t(1) << digits; part++) {
                S *sum = part + 1 < ptrdiff_t(1) << digits ? parts[0] : to;
                S *first = part % 2 || !digits ? sum : parts[1];
                if (digits)
                    EACH(i, n >> digits) touch(tap + i * at.tap, length * ptrdiff_t(sizeof(X)));
                fold_few<M, X, S>(tap, n >> digits, few, reinterpret_cast<char *>(first));
                tap += (n >> digits) * at.tap;
                for (int level = 1; part >> (level - 1) & 1; level++) {
                    S *whole = part >> level & 1 || level == digits ? sum : parts[level + 1];
                    const S *half = parts[level];
                    if (n >> (digits - level) & 1) {
                        ALONG(i, length)
                            whole[i] = Again::merge(Again::merge(half[i], sum[i]),
                                                    M::template lift<S>(numbers<X>(tap)[i]));
                        tap += at.tap;
                    } else {
                        ALONG(i, length) whole[i] = Again::merge(half[i], sum[i]);
                    }
                }
            }
        }
}

template <int N, class M, class S>
INLINE void pair_up(const char *line, ptrdiff_t length, S *RESTRICT out)
{
    const S *x = numbers<S>(line);
    ALONG(i, length) out[i] = tree<N, M>([=](int n) { return x[2 * i + n]; });
}

/* Windows of n = 2 or 3 neighbours at stride 2; a line is a window's row. */
template <class M, class S> HOT void fold_pairs(const char *x, ptrdiff_t n, const Lines &at, char *out)
{
    for (ptrdiff_t count = at.count; count > 0; count--, x += at.window, out += at.next)
        if (n == 2)
            pair_up<2, M>(x, at.length, numbers<S>(out));
        else
            pair_up<3, M>(x, at.length, numbers<S>(out));
}

/* out = a + b, or a + b + c. `out` may be `a`, or begin before the others. */
template <class M, class S>
HOT void merge_lines(char *result, const char *first, const char *second, const char *third,
                     ptrdiff_t length)
{
    S *out = numbers<S>(result);
    const S *a = numbers<S>(first), *b = numbers<S>(second), *c = numbers<S>(third);
    if (c) {
        ALONG(i, length) out[i] = M::merge(M::merge(a[i], b[i]), c[i]);
    } else {
        ALONG(i, length) out[i] = M::merge(a[i], b[i]);
    }
}

constexpr ptrdiff_t STRIP = 128; /* bytes of a row whose overlapping windows are folded together */

/* Windows of n rows of STRIP bytes, at `count` rows one after another, by the rows of each n up to a
   row, and from it on. Source: van Herk 1992, "A fast algorithm for local minimum and maximum filters
   on rectangular and octagonal kernels"; Gil and Werman 1993, "Computing 2-D min, median, and max
   filters". */
template <class M, class S>
HOT void slide_down(const char *pixels, ptrdiff_t n, ptrdiff_t count, char *result)
{
    constexpr ptrdiff_t WIDTH = STRIP / sizeof(S);
    const S *x = numbers<S>(pixels);
    S *out = numbers<S>(result), from[WIDTH];
    for (ptrdiff_t top = 0; top < count; top += n) {
        const S *next = x + (top + n) * WIDTH;
        S *last = out + (top + n - 1) * WIDTH;
        std::memcpy(last, next - WIDTH, STRIP);
        for (ptrdiff_t row = 1; row < n; row++) {
            S *to = last - row * WIDTH;
            const S *here = next - (row + 1) * WIDTH;
            ALONG(i, WIDTH) to[i] = M::merge(here[i], to[i + WIDTH]);
        }
        if (top + 1 < count)
            std::memcpy(from, next, STRIP);
        for (ptrdiff_t row = 1; row < n && top + row < count; row++) {
            S *to = out + (top + row) * WIDTH;
            const S *here = next + row * WIDTH;
            const bool more = row + 1 < n && top + row + 1 < count;
            ALONG(i, WIDTH) to[i] = M::merge(to[i], from[i]);
            if (more)
                ALONG(i, WIDTH) from[i] = M::merge(from[i], here[i]);
        }
    }
}

/* Every second pixel of three numbers, five of `count` at a time, as long as there are six; how
   many were copied. */
template <class T> INLINE ptrdiff_t pick_second(const T *x, ptrdiff_t count, T *out)
{
    ptrdiff_t done = 0;
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
    typedef T Vector __attribute__((vector_size(16 * sizeof(T))));
    for (; done + 6 <= count; done += 5) {
        Vector a, b;
        std::memcpy(&a, x + 6 * done, sizeof a);
        std::memcpy(&b, x + 6 * done + 16, sizeof b);
        a = __builtin_shufflevector(a, b, 0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20, 24, 25, 26, 26);
        std::memcpy(out + 3 * done, &a, sizeof a);
    }
#endif
#endif
    return done;
}

/* Copy pixels of some channels that lie `stride` apart to where they lie `next` apart. */
template <class T> HOT void pick_numbers(const T *x, ptrdiff_t stride, ptrdiff_t channels,
                                         ptrdiff_t count, T *RESTRICT out, ptrdiff_t next)
{
    if (channels == 1 && stride == 2 && next == 1)
        ALONG(i, count) out[i] = x[2 * i];
    else if (channels == 1 && stride == 3 && next == 1)
        ALONG(i, count) out[i] = x[3 * i];
    else if (channels == 1 && stride == 4 && next == 1)
        ALONG(i, count) out[i] = x[4 * i];
    else if (channels == 1)
        EACH(i, count) out[i * next] = x[i * stride];
    else if (channels == 3 && next == 3 && stride > 3) {
        ptrdiff_t i = stride == 6 ? pick_second(x, count, out) : 0;
        /* four numbers at once, the last of which the next pixel overwrites */
        for (; i < count - 1; i++) std::memcpy(out + 3 * i, x + i * stride, 4 * sizeof(T));
        std::memcpy(out + 3 * (count - 1), x + (count - 1) * stride, 3 * sizeof(T));
    } else
        EACH(i, count)
            EACH(c, channels) out[i * next + c] = x[i * stride + c];
}

/* The same of numbers of so many bytes. */
inline void pick(ptrdiff_t item, const char *x, ptrdiff_t stride, ptrdiff_t channels,
                 ptrdiff_t count, char *out, ptrdiff_t next)
{
    auto copy = [=](auto zero) {
        using T = decltype(zero);
        pick_numbers(numbers<T>(x), stride, channels, count, numbers<T>(out), next);
    };
    if (stride == channels && next == channels)
        std::memcpy(out, x, static_cast<size_t>(count * channels * item));
    else if (item == 1)
        copy(uint8_t());
    else if (item == 2)
        copy(uint16_t());
    else if (item == 4)
        copy(uint32_t());
    else
        copy(uint64_t());
}

template <class T> void pick(const T *x, ptrdiff_t stride, ptrdiff_t channels, ptrdiff_t count,
                             T *out, ptrdiff_t next)
{
    pick(sizeof(T), reinterpret_cast<const char *>(x), stride, channels, count,
         reinterpret_cast<char *>(out), next);
}

/* Means ---------------------------------------------------------------------------------------- */

/* How a mean is rounded to an integer; or ROOT: its root is the result. */
enum { HALF_EVEN, HALF_UP, FLOOR, ROOT };

/* Whether totals S are divided to means O: floats to floats that are no wider, integers to floats
   and to narrower integers. */
template <class S, class O> constexpr bool divides()
{
    if (std::is_floating_point_v<S>)
        return std::is_floating_point_v<O> && sizeof(O) <= sizeof(S);
    return sizeof(S) > 1
           && (std::is_floating_point_v<O>
               || (std::is_signed_v<S> == std::is_signed_v<O> && sizeof(O) < sizeof(S)
                   && sizeof(S) <= 4 * sizeof(O)));
}

/* The floats in which totals S are divided to means O, exactly where O is an integer.

   Whole quotients in floats of p bits are rounded to a whole number afterwards. That is exact where
   2 |a| + b < 2^p: the quotient a / b differs from a half by none or by 1 / 2b at least, and its
   error is at most |a| / b * 2^-p, which is less; a half itself is a float. (2a + b) / 2b is below
   a whole number by none or by 1 / 2b at least, and its error is at most (2a + b) / 2b * 2^-p, less
   again. Sums of 16 bits have counts of 9. */
template <class S, class O> using Divided =
    std::conditional_t<std::is_same_v<S, float> || (sizeof(S) == 2 && sizeof(O) < 8), float,
                       double>;

/* The means `round(total, i)` of lines of totals; whether all are finite. */
template <class O, class F, class S, class Round>
INLINE bool round_lines(const char *totals, const Lines &at, char *out, Round round)
{
    const ptrdiff_t length = at.length;
    int endless = 0;
    for (ptrdiff_t count = at.count; count > 0; count--, totals += at.window, out += at.next) {
        const S *total = numbers<S>(totals);
        O *RESTRICT to = numbers<O>(out);
        ALONG(i, length) {
            F mean = round(static_cast<F>(total[i]), i);
            if constexpr (std::is_integral_v<O>) {
                const F least = std::numeric_limits<O>::min(), most = std::numeric_limits<O>::max();
                mean = mean < least ? least : mean > most ? most : mean;
                /* by way of a signed type, which vectorises */
                using Whole = std::conditional_t<sizeof(O) < 4, int32_t, int64_t>;
                to[i] = static_cast<O>(static_cast<Whole>(mean));
            } else {
                O value = static_cast<O>(mean);
                endless |= value - value != 0;
                to[i] = value;
            }
        }
    }
    return !endless;
}

/* Lines of totals over a line of counts; whether all means are finite. Where all counts are powers
   of two, so are their reciprocals `by`, and a product is the quotient. */
template <class S, class O> HOT bool divide(const char *totals, const Lines &at, const void *counts,
                                            bool reciprocal, int rounding, char *out)
{
    using F = Divided<S, O>;
    const F *RESTRICT by = static_cast<const F *>(counts);
#define MEANS(...)                                                                                 \
    return round_lines<O, F, S>(totals, at, out, [=](F a, ptrdiff_t i) { return __VA_ARGS__; })
    if constexpr (std::is_floating_point_v<O>) {
        if (std::is_floating_point_v<S> && rounding == ROOT && reciprocal)
            MEANS(std::sqrt(a * by[i]));
        if (std::is_floating_point_v<S> && rounding == ROOT)
            MEANS(std::sqrt(a / by[i]));
        if (reciprocal)
            MEANS(a * by[i]);
        MEANS(a / by[i]);
    } else {
        if (rounding == HALF_EVEN && reciprocal)
            MEANS(std::rint(a * by[i]));
        if (rounding == HALF_EVEN)
            MEANS(std::rint(a / by[i]));
        if (rounding == HALF_UP)
            MEANS(std::floor((2 * a + by[i]) / (2 * by[i])));
        MEANS(std::floor(a / by[i]));
    }
#undef MEANS
}

/* Sums of 16 bits by one count, to the nearest byte, as products with m = ceil(2^(16 + s) / count):
   with e = m count - 2^(16 + s), a product is exact for numerators below 2^(16 + s) / e. */
struct Product {
    uint16_t multiplier, half, even;
    int shift = -1; /* s, or -1 where there is none that is exact */

    Product() = default;

    /* The one for sums up to `most`. */
    Product(int64_t count, double most, int rounding)
    {
        double largest = most + static_cast<double>(count / 2);
        if (count < 2 || count > 1 << 12 || largest >= 1 << 16)
            return;
        for (int s = 0; int64_t(1) << s < count && shift < 0; s++) {
            int64_t power = int64_t(1) << (16 + s), m = (power + count - 1) / count;
            multiplier = static_cast<uint16_t>(m);
            if (static_cast<double>(m * count - power) * largest < static_cast<double>(power))
                shift = s;
        }
        half = static_cast<uint16_t>(rounding == FLOOR                  ? 0
                                     : count % 2 || rounding == HALF_UP ? count / 2
                                                                        : count / 2 - 1);
        even = rounding == HALF_EVEN && count % 2 == 0; /* a half goes up from an odd quotient */
    }

    /* Whether it is a quarter, to the nearest byte. */
    bool is_quarter() const { return shift == 0 && multiplier == 1 << 14 && half; }
};

INLINE uint16_t high(uint16_t a, uint16_t b)
{
    return static_cast<uint16_t>((static_cast<uint32_t>(a) * b) >> 16);
}

HOT void divide_by(const Product &product, const char *totals, const Lines &at, char *out)
{
    const uint16_t m = product.multiplier, half = product.half, even = product.even,
                   by = static_cast<uint16_t>(1 << (16 - product.shift)); /* high: >> shift */
    const ptrdiff_t length = at.length; /* bytes that are written might be the one in `at` */
    auto divide_lines = [=](auto quotient) {
        const char *from = totals;
        char *to = out;
        for (ptrdiff_t count = at.count; count > 0; count--, from += at.window, to += at.next) {
            const uint16_t *total = numbers<uint16_t>(from);
            uint8_t *RESTRICT mean = numbers<uint8_t>(to);
            ALONG(i, length) {
                uint16_t floor = quotient(total[i]);
                uint16_t q = quotient(static_cast<uint16_t>(total[i] + half + (floor & even)));
                mean[i] = static_cast<uint8_t>(q > 255 ? 255 : q);
            }
        }
    };
    if (product.shift)
        divide_lines([=](uint16_t a) { return high(high(a, m), by); });
    else
        divide_lines([=](uint16_t a) { return high(a, m); });
}

/* Order ---------------------------------------------------------------------------------------- */

/* Calls of a selection network: the smaller or larger of two lines, both of them, or the median of
   nine: of three lines, and of these at the next two pixels. */
enum { SMALLER, LARGER, BOTH, NINE };

template <class Step> INLINE void along(ptrdiff_t length, Step step)
{
    ALONG(i, length) step(i);
}

template <class T> struct Three {
    T low, middle, high;

    INLINE Three(const T &a, const T &b, const T &c)
    {
        T x = Min::merge(a, b), y = Max::merge(a, b), z = Min::merge(y, c);
        low = Min::merge(x, z);
        middle = Max::merge(x, z);
        high = Max::merge(y, c);
    }
};

template <class T> INLINE T median(const T &a, const T &b, const T &c)
{
    return Max::merge(Min::merge(Max::merge(a, b), c), Min::merge(a, b));
}

/* The median of nine, by columns in order: see `by_network.py`. Each column is put in order three times,
   which takes less time than to keep it: 0.1 ns for a byte in place of 0.23. */
template <class T> INLINE T median(const Three<T> &x, const Three<T> &y, const Three<T> &z)
{
    return median(Max::merge(Max::merge(x.low, y.low), z.low),
                  median(x.middle, y.middle, z.middle),
                  Min::merge(Min::merge(x.high, y.high), z.high));
}

constexpr ptrdiff_t WIDTH = 32; /* bytes */

#ifdef WIDE
template <class T> struct Wide {
    typedef T Numbers __attribute__((vector_size(WIDTH)));
};

/* GCC turns a plain load that two instructions use into two reads of memory, but not this one:
   medians of nine bytes take 0.74 of the time. */
template <class T> WIDE_INLINE typename Wide<T>::Numbers load_once(const T *x)
{
    return (typename Wide<T>::Numbers)_mm256_lddqu_si256(reinterpret_cast<const __m256i *>(x));
}

/* Medians of nine, of a vector at least. */
template <class T>
WIDE void medians_of_nine(const T *const rows[3], ptrdiff_t next, ptrdiff_t length, T *out)
{
    using Numbers = typename Wide<T>::Numbers;
    constexpr ptrdiff_t FULL = WIDTH / sizeof(T);
    const T *a = rows[0], *b = rows[1], *c = rows[2];
    auto column = [=](ptrdiff_t i) WIDE {
        return Three<Numbers>(load_once(a + i), load_once(b + i), load_once(c + i));
    };
    for (ptrdiff_t at = 0; at < length; at += FULL) {
        ptrdiff_t i = at < length - FULL ? at : length - FULL; /* some once more */
        Numbers found = median(column(i), column(i + next), column(i + 2 * next));
        std::memcpy(out + i, &found, WIDTH);
    }
}
#else
template <class T> void medians_of_nine(const T *const *, ptrdiff_t, ptrdiff_t, T *) {}
#endif

/* One call. A line that is written may be one of those that are read, or begin before. Pixels are
   `next` numbers apart. */
template <class T>
HOT void exchange(int kind, T *const out[3], const T *const in[3], ptrdiff_t next, ptrdiff_t length)
{
    T *o = out[0], *p = out[1];
    const T *a = in[0], *b = in[1], *c = in[2];
    auto low = [](T x, T y) { return Min::merge(x, y); };
    auto high = [](T x, T y) { return Max::merge(x, y); };
    switch (kind) {
    case SMALLER: return along(length, [=](ptrdiff_t i) { o[i] = low(a[i], b[i]); });
    case LARGER: return along(length, [=](ptrdiff_t i) { o[i] = high(a[i], b[i]); });
    case BOTH:
        return along(length, [=](ptrdiff_t i) {
            T x = a[i], y = b[i];
            o[i] = low(x, y);
            p[i] = high(x, y);
        });
    case NINE: {
        if (has_wide() && length >= ptrdiff_t(WIDTH / sizeof(T)))
            return medians_of_nine(in, next, length, o);
        auto column = [=](ptrdiff_t i) { return Three<T>(a[i], b[i], c[i]); };
        return along(length, [=](ptrdiff_t i) {
            o[i] = median(column(i), column(i + next), column(i + 2 * next));
        });
    }
    }
}

constexpr ptrdiff_t BLOCK = 512, MOST_COUNTED = 127;

/* The most frequent of n <= MOST_COUNTED values that are in order, one in each line; the smallest
   of equally frequent ones. It is written to the first line. */
template <class T> HOT void longest_runs(T *const *lines, ptrdiff_t n, ptrdiff_t length)
{
    T values[2][BLOCK], run[BLOCK], most[BLOCK];
    for (ptrdiff_t from = 0; from < length; from += BLOCK) {
        ptrdiff_t size = length - from < BLOCK ? length - from : BLOCK;
        ALONG(i, size) values[0][i] = lines[0][from + i], run[i] = 1, most[i] = 1;
        for (ptrdiff_t line = 1; line < n; line++) {
            const T *a = lines[line - 1] + from, *b = lines[line] + from;
            /* from one array to another: a choice that is written back becomes a masked store,
               which takes ten times as long */
            const T *best = values[1 - line % 2];
            T *to = values[line % 2];
            ALONG(i, size) {
                T value = b[i], old = best[i], longest = most[i];
                T count = a[i] == value ? static_cast<T>(run[i] + 1) : T(1);
                to[i] = count > longest ? value : old;
                most[i] = count > longest ? count : longest;
                run[i] = count;
            }
        }
        std::memcpy(lines[0] + from, values[1 - n % 2], static_cast<size_t>(size) * sizeof(T));
    }
}

/* Where extremes are --------------------------------------------------------------------------- */

template <class M, class T> INLINE bool leads(T a, T b)
{
    return std::is_same_v<M, Max> ? a > b : a < b;
}

/* One more tap of every column: the leading values, and the numbers of their taps. Of equal values
   the first leads; of NaN the first, or the last one if `last`. */
template <class M, class T> HOT void lead_down(T *best, int32_t *RESTRICT taps, const T *x,
                                               int32_t tap, bool last, ptrdiff_t length)
{
    T *RESTRICT to = best;
    ALONG(i, length) {
        T a = to[i], b = x[i];
        int32_t old = taps[i];
        bool take = leads<M>(b, a) | ((b != b) & ((a == a) | last));
        taps[i] = old ^ ((old ^ tap) & -int32_t(take)); /* not a masked store, which is slow */
        to[i] = M::merge(a, b);
    }
}

/* One more column of every window; of equal values the one of the first tap leads, then that of the
   first column. */
template <class M, class T>
HOT void lead_across(T *best, int32_t *RESTRICT taps, int32_t *RESTRICT columns, const T *x,
                     const int32_t *others, int32_t column, bool last, ptrdiff_t length)
{
    T *RESTRICT to = best;
    ALONG(i, length) {
        T a = to[i], b = x[i];
        int32_t p = taps[i], q = others[i], old = columns[i];
        bool nan = (b != b) & ((a == a) | (last ? q >= p : q < p));
        bool take = leads<M>(b, a) | ((b == a) & (q < p)) | nan;
        taps[i] = p ^ ((p ^ q) & -int32_t(take));
        columns[i] = old ^ ((old ^ column) & -int32_t(take));
        to[i] = M::merge(a, b);
    }
}

} /* namespace */
